// What stands where the page was, when a part of it fails: better than a white window.
import { Component, type ReactNode } from "react";

interface Props {
  readonly children: ReactNode;
}

export class Broken extends Component<Props, { readonly error: unknown }> {
  override state = { error: null as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <main className="page opening">
        <h1 className="unseen">StoryCore</h1>
        <p role="alert">
          The page has a fault: <code>{error instanceof Error ? error.message : String(error)}</code>
          <br />
          Nothing is lost: the film is with the daemon.{" "}
          <button type="button" className="button" onClick={() => window.location.reload()}>
            Load the page again
          </button>
        </p>
      </main>
    );
  }
}
