// Faults of layout that can be measured, for the page to run itself: text that is cut without an ellipsis, controls that lie
// over each other, a page that has to be scrolled sideways.

/** Text inside `part` of which something is hidden, and no dots say so. */
export function cutsIn(part: string): string[] {
  const faults: string[] = [];
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) faults.push(`The page is ${scrollWidth} wide in a window of ${innerWidth}.`);
  for (const root of document.querySelectorAll(part)) {
    if (root.matches('[data-panel]')) {
      const panel = root.querySelector('.panel');
      if (panel !== null && panel.scrollWidth > panel.clientWidth + 1)
        faults.push(`${part} has to be scrolled sideways: ${panel.scrollWidth} in ${panel.clientWidth}.`);
    }
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
      const parent = text.parentElement;
      if (parent === null || (text.textContent ?? '').trim() === '' || !parent.checkVisibility()) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      const box = range.getBoundingClientRect();
      if (box.width === 0) continue;
      for (
        let around: Element | null = parent;
        around !== null && around !== document.body;
        around = around.parentElement
      ) {
        const style = getComputedStyle(around);
        if (style.display === 'inline') continue;
        const clip = around.getBoundingClientRect();
        // For screen readers only.
        if (clip.width <= 2 || clip.height <= 2 || style.textOverflow === 'ellipsis') break;
        if (style.overflowX === 'auto' || style.overflowX === 'scroll') break;
        if (style.overflowX === 'visible' || style.webkitLineClamp !== 'none') continue;
        if (box.right <= clip.right + 1.5 && box.left >= clip.left - 1.5) continue;
        faults.push(`"${text.textContent?.trim().slice(0, 40)}" is cut by ${around.className || around.tagName}`);
        break;
      }
    }
  }
  return faults;
}

/** Children of `part` that lie over each other or outside the window. */
export function overlapsIn(part: string): string[] {
  const faults: string[] = [];
  const children = [...(document.querySelector(part)?.children ?? [])].filter(child => child.checkVisibility());
  const boxes = children.map(child => child.getBoundingClientRect());
  const nameOf = (index: number) => children[index].getAttribute('aria-label') ?? children[index].className;
  boxes.forEach((box, i) => {
    if (box.left < -1 || box.right > innerWidth + 1) faults.push(`${nameOf(i)} leaves the window`);
    boxes.slice(i + 1).forEach((other, k) => {
      const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
      const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
      if (across > 1 && down > 1) faults.push(`${nameOf(i)} lies over ${nameOf(i + 1 + k)}`);
    });
  });
  return faults;
}
