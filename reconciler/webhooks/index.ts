/** Conversion and admission for API servers. */
export { type WebhookCertificates, webhookCertificates } from './certificates';
export { installWebhooks } from './install-webhooks';
export { startWebhookServer, type WebhookServer } from './server';
