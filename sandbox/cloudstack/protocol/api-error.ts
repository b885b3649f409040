/** Exception classes of the management server and the number each travels with as `cserrorcode` (`cloudstack.md` 1.8). */
const CS_CODES = {
  CloudRuntime: 4250,
  ConcurrentOperation: 4300,
  InsufficientAddressCapacity: 4320,
  InsufficientServerCapacity: 4335,
  InsufficientVirtualNetworkCapacity: 4331,
  InvalidParameterValue: 4350,
  NetworkRuleConflict: 4360,
  PermissionDenied: 4365,
  ResourceAllocation: 4370,
  ResourceUnavailable: 4380,
  CloudAuthentication: 4290,
  /** A plain API exception: parameter binding and most wrapped errors. */
  ServerApi: 9999,
} as const;

export type ExceptionClass = keyof typeof CS_CODES;

/** HTTP statuses of CloudStack's own (`cloudstack.md` 1.8). */
export const Status = {
  unauthorized: 401,
  methodNotAllowed: 405,
  apiLimit: 429,
  malformedParameter: 430,
  parameter: 431,
  unsupportedAction: 432,
  internal: 530,
  account: 531,
  insufficientCapacity: 533,
  resourceUnavailable: 534,
  resourceAllocation: 535,
  networkRuleConflict: 537,
} as const;

/** An error as the server answers it. `errorText` is what clients match on, so it is literal. */
export class ApiError extends Error {
  constructor(
    /** HTTP status and `errorcode` alike. */
    readonly status: number,
    readonly errorText: string,
    /** Undefined: the answer carries no `cserrorcode` (401). */
    readonly csErrorCode: number | undefined,
    /** The envelope is `errorresponse` instead of the command's own. */
    readonly plainEnvelope = false,
  ) {
    super(errorText);
    this.name = 'ApiError';
  }
}

function error(status: number, thrown: ExceptionClass, text: string): ApiError {
  return new ApiError(status, text, CS_CODES[thrown]);
}

/** 431: a value the service layer does not accept. */
export const invalidValue = (text: string) => error(Status.parameter, 'InvalidParameterValue', text);

/** 431 from parameter binding. */
export const badParameter = (text: string) => error(Status.parameter, 'ServerApi', text);

/** 531: the object belongs to somebody else, or the zone is closed. */
export const permissionDenied = (text: string) => error(Status.account, 'PermissionDenied', text);

/** 535: a limit of account, project or domain. */
export const limitExceeded = (text: string) => error(Status.resourceAllocation, 'ResourceAllocation', text);

/** 533: no host for a machine. */
export const noServerCapacity = (text: string) =>
  error(Status.insufficientCapacity, 'InsufficientServerCapacity', text);

/** 533: no address left. */
export const noAddress = (text: string) => error(Status.insufficientCapacity, 'InsufficientAddressCapacity', text);

/** 537: rules that overlap. */
export const ruleConflict = (text: string) => error(Status.networkRuleConflict, 'NetworkRuleConflict', text);

/** 530: anything that went wrong inside. */
export const internalError = (text: string) => error(Status.internal, 'CloudRuntime', text);

/** 401: one text for all causes and no `cserrorcode`. */
export const unauthorized = () =>
  new ApiError(Status.unauthorized, 'unable to verify user credentials and/or request signature', undefined, true);

/** 432: the role does not allow the command, or there is no such command. */
export const unavailable = (command: string, account: string) =>
  new ApiError(
    Status.unsupportedAction,
    `The API [${command}] does not exist or is not available for the account ${account}.`,
    CS_CODES.ServerApi,
    true,
  );

/** 429: the window of the account is used up; the command was not executed. */
export const throttled = (remainingMs: number) =>
  new ApiError(
    Status.apiLimit,
    `The given user has reached his/her account api limit, please retry after [${remainingMs}] ms.`,
    CS_CODES.ServerApi,
  );

/** What a test wants the server to say; see `faults`. */
export interface ErrorText {
  readonly errorCode: number;
  readonly csErrorCode?: number | undefined;
  readonly errorText: string;
}

export const arrangedError = (arranged: ErrorText) =>
  new ApiError(arranged.errorCode, arranged.errorText, arranged.csErrorCode ?? CS_CODES.CloudRuntime);
