// Whether a picture is what the script asks for.
import type { Status } from "@storycore/client";

const names = { fresh: "Fresh", stale: "Stale", missing: "Missing" } as const satisfies Record<
  Status,
  string
>;

export function Badge({ status, reasons }: { readonly status: Status; readonly reasons: string }) {
  return (
    <span className={`badge badge-${status}`} title={reasons || undefined}>
      {names[status]}
    </span>
  );
}
