// What the daemon explains comes as Markdown with the writer's own words in it: only what shows text
// and its own pictures gets into the page.

const allowed = new Set(["P", "BR", "HR", "STRONG", "B", "EM", "I", "CODE", "PRE", "UL", "OL", "LI", "BLOCKQUOTE", "H1", "H2", "H3", "H4", "A", "IMG", "SPAN", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "DEL"]);

export function sanitize(html: string): string {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const element of [...body.querySelectorAll("*")]) {
    // Of what is not known, its words stay; of a script, not even those.
    if (!allowed.has(element.tagName)) {
      if (/^(SCRIPT|STYLE|TEMPLATE|IFRAME|OBJECT)$/.test(element.tagName)) element.remove();
      else element.replaceWith(...element.childNodes);
      continue;
    }
    for (const { name, value } of [...element.attributes]) {
      if (!isHarmless(element.tagName, name, value)) element.removeAttribute(name);
    }
  }
  return body.innerHTML;
}

function isHarmless(tag: string, name: string, value: string): boolean {
  if (tag === "A") return name === "href" && /^https?:/.test(value);
  if (tag === "IMG") return name === "alt" || (name === "src" && /^data:image\/(png|jpeg|webp);/.test(value));
  return false;
}
