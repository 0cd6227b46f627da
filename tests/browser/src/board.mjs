// What stands on the board, read off the page.

/** Every card: its shot, status and picture, and whether it is the element that was marked before. */
export function cards(page) {
  return page.$$eval("[data-scene] [data-shot]", (elements) =>
    elements.map((element) => ({
      shot: element.dataset.shot,
      status: element.dataset.status,
      asset: element.querySelector("img[data-asset]")?.dataset.asset,
      marked: element.marked === true,
    })),
  );
}

/** Marks every card, so that an element that was made anew is found. */
export function mark(page) {
  return page.$$eval("[data-scene] [data-shot]", (elements) => elements.forEach((element) => (element.marked = true)));
}

/** Waits until every card has its fresh picture. */
export function allFresh(page, count) {
  return page.waitForFunction((count) => {
    const cards = [...document.querySelectorAll("[data-scene] [data-shot]")];
    return cards.length > 0 && (count === undefined || cards.length === count) && cards.every((it) => it.dataset.status === "fresh");
  }, count);
}

/** By shot. */
export function byShot(cards) {
  return new Map(cards.map((card) => [card.shot, card]));
}
