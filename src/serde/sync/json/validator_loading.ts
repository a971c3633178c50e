/** Loads the validator with this module: who blocks cannot wait for an import. */
import { Validators } from "../../json/validator.ts";

/** Makes one. */
export function loadValidators(): Validators {
  return new Validators();
}
