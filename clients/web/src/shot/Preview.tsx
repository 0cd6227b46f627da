// A picture that is being made: the next one takes the place of the last when it is loaded, so that
// nothing flickers; while one loads, no other is asked for.
import { useState } from "react";

interface Pictures {
  readonly shown: string | null;
  readonly loading: string | null;
  /** The last one that was loaded, or could not be. */
  readonly tried: string | null;
}

export function Preview({ address }: { readonly address: string }) {
  const [{ shown, loading, tried }, set] = useState<Pictures>({ shown: null, loading: address, tried: null });
  if (loading === null && address !== tried) set({ shown, loading: address, tried });
  return (
    <>
      {shown !== null && <img key={shown} className="preview" src={shown} alt="" draggable={false} data-preview />}
      {loading !== null && (
        <img
          key={loading}
          className="preview preview-loading"
          src={loading}
          alt=""
          draggable={false}
          onLoad={() => set({ shown: loading, loading: null, tried: loading })}
          // It was there a moment ago; the next one comes soon.
          onError={() => set({ shown, loading: null, tried: loading })}
        />
      )}
    </>
  );
}
