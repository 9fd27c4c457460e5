/** What a supervisor says to whoever started it, while it starts. */
export type SupervisorMessage =
  | { readonly kind: "cleaned"; readonly names: readonly string[] }
  | {
      readonly kind: "progress";
      readonly part: string;
      readonly detail: string;
      /** Missing when the part was left out. */
      readonly tookMs?: number | undefined;
    }
  | { readonly kind: "up" }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly summary: string;
      readonly hint: string;
      readonly details?: string | undefined;
    };
