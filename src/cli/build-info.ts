/** What the build wrote into the executable; from sources there is neither. */

declare const OCIRT_VERSION: string | undefined;
declare const OCIRT_COMMIT: string | undefined;

export const VERSION = typeof OCIRT_VERSION === "undefined" ? "0.0.0-dev" : OCIRT_VERSION;
export const COMMIT = typeof OCIRT_COMMIT === "undefined" ? "unknown" : OCIRT_COMMIT;
