// A film without a scene: what to do.
export function EmptyFilm() {
  return (
    <div className="empty">
      <p className="empty-title">The first page is still white.</p>
      <p>
        Write a scene heading into a <code>.fountain</code> file of the film’s folder, and save. The
        scene appears here, with a panel for each of its shots.
      </p>
      <pre>{"INT. KITCHEN - NIGHT\n\nRain on the window. MAYA lights a match."}</pre>
    </div>
  );
}
