/** The version of the runtime specification that is implemented, and which versions of configs are taken. */

export const SPEC_VERSION = "1.3.0";

/** The lowest and the highest version, as `features` prints them. */
export const SPEC_VERSION_MIN = "1.0.0";
export const SPEC_VERSION_MAX = SPEC_VERSION;

/**
 * Within a major version the specification only adds, and what a config has that is not known must be
 * accepted, so that any 1.x.y can be run, pre-releases ("1.0.0-rc5") and builds ("1.2.1+dev") as well.
 */
const SUPPORTED = /^1\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[\w.-]+)?(\+[\w.-]+)?$/;

/** In words, for errors. */
export const SUPPORTED_VERSIONS = `${SPEC_VERSION_MIN} to ${SPEC_VERSION_MAX} and any later 1.x`;

export function isSupportedVersion(version: string): boolean {
  return SUPPORTED.test(version);
}
