import { isCodedError } from "./errors.ts";

/**
 * What a look says, or undefined where the environment has no tool that serves it. Any other failure stays one: a tool that is there and does not
 * answer is not the same as none.
 */
export async function whereBound<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isCodedError(error) && error.code === "binding-missing") return undefined;
    throw error;
  }
}
