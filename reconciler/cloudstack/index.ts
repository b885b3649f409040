/** The CloudStack adapter: signed commands below, the typed {@link CloudStackApi} above. */
export { type CloudStackApiOptions, createCloudStackApi, type StoppableCloudStackApi } from './api';
export { type HttpAccessOptions, HttpCloudStackAccess } from './client/http-access';
