'use strict';
(() => {
  const canvas = document.getElementById('canvas');
  const picture = document.getElementById('picture');
  const panel = document.getElementById('panel');
  const search = document.getElementById('search');
  const found = document.getElementById('found');
  const intro = [...panel.childNodes];
  const full = { w: picture.viewBox.baseVal.width, h: picture.viewBox.baseVal.height };
  const nodes = JSON.parse(document.getElementById('details').textContent);
  const byID = new Map(nodes.map(n => [n.ID, n]));

  // The view: what lies in the canvas's top left corner, and pixels for each unit.
  const view = { x: 0, y: 0, scale: 1 };
  const size = () => canvas.getBoundingClientRect();

  function show() {
    const s = size(), w = s.width / view.scale, h = s.height / view.scale;
    // A quarter of the canvas at least keeps showing the picture.
    view.x = Math.min(Math.max(view.x, -0.75 * w), full.w - 0.25 * w);
    view.y = Math.min(Math.max(view.y, -0.75 * h), full.h - 0.25 * h);
    picture.setAttribute('viewBox', `${view.x} ${view.y} ${w} ${h}`);
  }

  // zoom keeps the point at (px, py) of the canvas where it is.
  function zoom(factor, px = size().width / 2, py = size().height / 2) {
    const scale = Math.min(Math.max(view.scale * factor, 0.02), 8);
    view.x += px / view.scale - px / scale;
    view.y += py / view.scale - py / scale;
    view.scale = scale;
    show();
  }

  function fitWidth() {
    const s = size();
    view.scale = Math.min(1, s.width / full.w);
    view.x = (full.w - s.width / view.scale) / 2;
    view.y = 0;
    show();
  }

  function fitAll() {
    const s = size();
    view.scale = Math.min(1, s.width / full.w, s.height / full.h);
    view.x = (full.w - s.width / view.scale) / 2;
    view.y = (full.h - s.height / view.scale) / 2;
    show();
  }

  function move(dx, dy) {
    view.x += dx / view.scale;
    view.y += dy / view.scale;
    show();
  }

  // centre brings a node to the middle, at a scale at which it can be read.
  function centre(id) {
    const box = document.getElementById(id).getBoundingClientRect(), s = size();
    move(box.x + box.width / 2 - s.x - s.width / 2, box.y + box.height / 2 - s.y - s.height / 2);
    if (view.scale < 0.7) zoom(0.9 / view.scale);
  }

  function element(parent, name, text) {
    const e = document.createElement(name);
    if (text !== undefined) e.textContent = text;
    parent.append(e);
    return e;
  }

  function clear() {
    for (const e of picture.querySelectorAll('.selected')) e.classList.remove('selected');
    for (const e of picture.querySelectorAll('.near')) e.classList.remove('near');
    panel.replaceChildren(...intro);
  }

  function select(id) {
    clear();
    document.getElementById(id).classList.add('selected');
    for (const e of picture.querySelectorAll(`[data-from="${id}"], [data-to="${id}"]`)) e.classList.add('near');
    const n = byID.get(id);
    panel.replaceChildren();
    element(panel, 'h2', n.Name);
    element(panel, 'p', n.Kind);
    if (n.From) {
      element(panel, 'h3', 'Source nodes');
      const list = element(panel, 'ul');
      for (const f of n.From) element(list, 'li', f);
    }
    for (const s of n.Sections) {
      element(panel, 'h3', s.Title);
      const table = element(panel, 'table');
      for (const [name, value] of s.Rows) {
        const row = element(table, 'tr');
        element(row, 'th', name);
        element(row, 'td', value);
      }
    }
    panel.scrollTop = 0;
  }

  // Search.
  let hits = [], hit = -1;
  function find() {
    const want = search.value.trim().toLowerCase();
    for (const e of picture.querySelectorAll('.hit')) e.classList.remove('hit');
    const has = text => text.toLowerCase().includes(want);
    hits = want ? nodes.filter(n => has(n.Name) || has(n.Kind) || (n.From || []).some(has)) : [];
    for (const n of hits) document.getElementById(n.ID).classList.add('hit');
    hit = -1;
    found.textContent = want ? 'no match' : '';
    if (hits.length) next(1);
  }
  function next(step) {
    if (!hits.length) return;
    hit = (hit + step + hits.length) % hits.length;
    found.textContent = `${hit + 1} of ${hits.length}`;
    select(hits[hit].ID);
    centre(hits[hit].ID);
  }
  search.addEventListener('input', find);
  search.addEventListener('keydown', e => {
    if (e.key === 'Enter') next(e.shiftKey ? -1 : 1);
    if (e.key === 'Escape') { search.value = ''; find(); clear(); canvas.focus(); }
    e.stopPropagation();
  });

  // Mouse and touch.
  const pointers = new Map();
  let travelled = 0, pressed = null;
  canvas.addEventListener('pointerdown', e => {
    if (e.button !== 0) return;
    pointers.set(e.pointerId, e);
    canvas.setPointerCapture(e.pointerId);
    pressed = e.target.closest('.node');
    travelled = 0;
  });
  canvas.addEventListener('pointermove', e => {
    const last = pointers.get(e.pointerId);
    if (!last) return;
    const dx = last.clientX - e.clientX, dy = last.clientY - e.clientY;
    if (pointers.size === 2) {
      const other = [...pointers.values()].find(p => p.pointerId !== e.pointerId);
      const far = p => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY);
      const s = size();
      zoom(Math.max(far(e), 1) / Math.max(far(last), 1), (e.clientX + other.clientX) / 2 - s.x, (e.clientY + other.clientY) / 2 - s.y);
      move(dx / 2, dy / 2);
      travelled = Infinity;
    } else if ((travelled += Math.abs(dx) + Math.abs(dy)) > 4) {
      canvas.classList.add('moving');
      move(dx, dy);
    }
    pointers.set(e.pointerId, e);
  });
  const release = e => {
    if (!pointers.delete(e.pointerId)) return;
    canvas.classList.remove('moving');
    if (e.type === 'pointerup' && travelled <= 4) {
      if (pressed) select(pressed.id); else clear();
    }
  };
  canvas.addEventListener('pointerup', release);
  canvas.addEventListener('pointercancel', release);
  canvas.addEventListener('wheel', e => {
    e.preventDefault();
    const lines = e.deltaMode === 1 ? 16 : 1, s = size();
    if (e.ctrlKey || e.metaKey) zoom(Math.exp(-e.deltaY * lines / 300), e.clientX - s.x, e.clientY - s.y);
    else if (e.shiftKey && !e.deltaX) move(e.deltaY * lines, 0);
    else move(e.deltaX * lines, e.deltaY * lines);
  }, { passive: false });

  // Keyboard.
  const page = () => 0.9 * size().height;
  const keys = {
    ArrowLeft: () => move(-80, 0), ArrowRight: () => move(80, 0), ArrowUp: () => move(0, -80), ArrowDown: () => move(0, 80),
    PageUp: () => move(0, -page()), PageDown: () => move(0, page()),
    '+': () => zoom(1.25), '=': () => zoom(1.25), '-': () => zoom(0.8), 0: fitWidth, 1: fitAll,
    '/': () => { search.focus(); search.select(); }, Escape: clear,
  };
  document.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey || !keys[e.key]) return;
    e.preventDefault();
    keys[e.key]();
  });
  for (const e of picture.querySelectorAll('.node')) {
    e.setAttribute('tabindex', 0);
    e.setAttribute('role', 'button');
    e.addEventListener('keydown', k => {
      if (k.key === 'Enter' || k.key === ' ') { k.preventDefault(); select(e.id); }
    });
  }

  document.getElementById('in').addEventListener('click', () => zoom(1.25));
  document.getElementById('out').addEventListener('click', () => zoom(0.8));
  document.getElementById('width').addEventListener('click', fitWidth);
  document.getElementById('all').addEventListener('click', fitAll);
  new ResizeObserver(show).observe(canvas);
  fitWidth();
})();
