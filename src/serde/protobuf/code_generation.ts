/** Whether code can be made at run time. */

let isAllowed: boolean | undefined;

/** Whether the runtime lets us generate code, which some hosts forbid. */
export function canGenerateCode(): boolean {
  if (isAllowed !== undefined) return isAllowed;
  try {
    isAllowed = new Function("return true")() === true;
  } catch {
    isAllowed = false;
  }
  return isAllowed;
}
