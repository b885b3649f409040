export { type DiagnosticsOptions, type DiagnosticsServer, DiagnosticsUnavailable, startDiagnostics } from './server';
