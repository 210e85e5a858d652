// Whether this browser can draw in 3-D, and whether a processor does it instead of a graphics card.

export type Graphics = 'none' | 'software' | 'hardware';

let found: Graphics | undefined;

/** Asked once: contexts are scarce. */
export function graphics(): Graphics {
  found ??= probe();
  return found;
}

function probe(): Graphics {
  const context = document.createElement('canvas').getContext('webgl2');
  if (context === null) return 'none';
  const names = context.getExtension('WEBGL_debug_renderer_info');
  const name = String(context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER));
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name) ? 'software' : 'hardware';
}
