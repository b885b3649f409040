import {
  type CloudStackAccess,
  type CloudStackCredentials,
  CloudStackRefused,
  type CloudStackTransport,
  CloudStackUnreachable,
} from '../../api/ports';
import { shownEndpoint } from '../../machinery/user-info';
import type { ManagementServer } from './management-server';

/** The same server without a socket: keys are checked, nothing is signed. For the virtual clock. */
export function inProcessAccess(server: ManagementServer): CloudStackAccess {
  return {
    connect: (credentials: CloudStackCredentials): CloudStackTransport => ({
      async call(command, parameters) {
        const answer = await server.answer({
          command,
          parameters,
          method: 'POST',
          authenticate: (gate) => gate.signed(credentials.apiKey, (secretKey) => secretKey === credentials.secretKey),
        });
        if (answer.kind === 'lost') {
          throw new CloudStackUnreachable(
            command,
            shownEndpoint(credentials.apiUrl),
            new Error('the connection was closed'),
          );
        }
        if (answer.status === 200) return answer.content;
        const { errorcode, cserrorcode, errortext } = answer.content;
        throw new CloudStackRefused(
          command,
          answer.status,
          Number(errorcode),
          typeof cserrorcode === 'number' ? cserrorcode : undefined,
          String(errortext),
        );
      },
    }),
  };
}
