'use strict';

// Reads /metrics every two seconds and shows it. Text of the server only ever becomes textContent. Paths are relative,
// so that the page also works behind a proxy with a prefix.

const POLL_MS = 2000;
const TIMEOUT_MS = 5000;
const POLLS_PER_EVENTS = 3;
const RATE_MS = 10_000;
const QUANTILE_MS = 30_000;
const PLOT_MS = 300_000;
const PACKAGE = 'flowhub.ephemeral.v1.';
const NONE = '–';

const byId = id => document.getElementById(id);

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Changes the document only if the text differs. */
function show(target, text) {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

// --- Numbers as text ---------------------------------------------------------------------------------------------

const integers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

function count(value) {
  return value === undefined ? NONE : integers.format(value);
}

/** One decimal below 10. */
function rateText(value) {
  if (value === undefined) {
    return NONE;
  }
  return value < 0.05 ? (value > 0 ? '<0.1' : '0') : value < 9.95 ? value.toFixed(1) : integers.format(value);
}

function significant(value) {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
}

/** A short time, such as 0.42 ms. */
function seconds(value) {
  if (value === undefined) {
    return NONE;
  }
  return value < 1 ? significant(value * 1000) + ' ms' : significant(value) + ' s';
}

/** A long time, such as 2 h 5 min. */
function duration(value) {
  if (value === undefined) {
    return NONE;
  }
  const s = Math.max(0, Math.floor(value));
  const [d, h, min] = [Math.floor(s / 86_400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
  return d > 0 ? `${d} d ${h} h` : h > 0 ? `${h} h ${min} min` : min > 0 ? `${min} min ${s % 60} s` : `${s} s`;
}

function bytes(value) {
  if (value === undefined) {
    return NONE;
  }
  const unit = value < 1 << 20 ? 'KiB' : value < 1 << 30 ? 'MiB' : 'GiB';
  return significant(value / { KiB: 1 << 10, MiB: 1 << 20, GiB: 1 << 30 }[unit]) + ' ' + unit;
}

function percent(part, whole) {
  if (part === undefined || !(whole > 0)) {
    return NONE;
  }
  const value = 100 * part / whole;
  return (value > 0 && value < 9.95 ? value.toFixed(1) : value.toFixed(0)) + ' %';
}

/** In local time; with the date unless it is today's. */
function clock(time) {
  const date = new Date(time);
  const pad = number => String(number).padStart(2, '0');
  const text = [date.getHours(), date.getMinutes(), date.getSeconds()].map(pad).join(':');
  const sameDay = date.toDateString() === new Date().toDateString();
  return sameDay ? text : `${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${text}`;
}

// --- Metrics -----------------------------------------------------------------------------------------------------

const ESCAPES = { '\\n': '\n', '\\"': '"', '\\\\': '\\' };

/** The text format of Prometheus: families of series by name. */
function parse(text) {
  const families = new Map();
  for (const line of text.split('\n')) {
    const match = line.startsWith('#') ? null : /^([\w:]+)(?:\{(.*)\})? (\S+)/.exec(line);
    if (match) {
      const labels = {};
      for (const [, name, value] of (match[2] || '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
        labels[name] = value.replace(/\\./g, escape => ESCAPES[escape] || escape);
      }
      if (!families.has(match[1])) {
        families.set(match[1], []);
      }
      families.get(match[1]).push({ labels, value: Number(match[3].replace('Inf', 'Infinity')) });
    }
  }
  return families;
}

const ANY = () => true;

/** The metrics at one time. What the server does not export is undefined. */
class Snapshot {
  constructor(time, families) {
    this.time = time;
    this.families = families;
  }

  series(name) {
    return this.families.get(name) || [];
  }

  sum(name, filter = ANY) {
    return this.families.has(name)
      ? this.series(name).reduce((sum, { labels, value }) => filter(labels) ? sum + value : sum, 0)
      : undefined;
  }

  /** Sorted, without repetition. */
  labels(name, label) {
    return [...new Set(this.series(name).map(({ labels }) => labels[label]))].sort();
  }
}

/** The latest snapshots of one run of the server. */
class History {
  constructor() {
    this.snapshots = [];
  }

  get now() {
    return this.snapshots[this.snapshots.length - 1];
  }

  /** Counters start again with a new process. */
  add(snapshot) {
    const start = snapshot.sum('process_start_time_seconds');
    const restarted = this.now !== undefined && this.now.sum('process_start_time_seconds') !== start;
    if (restarted) {
      this.snapshots = [];
    }
    this.snapshots.push(snapshot);
    this.snapshots = this.snapshots.filter(({ time }) => snapshot.time - time <= QUANTILE_MS + POLL_MS);
    return restarted;
  }

  /** The oldest snapshot of that time, or undefined if there is only one. */
  before(milliseconds) {
    const first = this.snapshots.find(({ time }) => this.now.time - time <= milliseconds + POLL_MS / 2);
    return first === this.now ? this.snapshots[this.snapshots.length - 2] : first;
  }

  rate(name, filter = ANY, milliseconds = RATE_MS) {
    const before = this.before(milliseconds);
    const value = this.now.sum(name, filter);
    return before === undefined || value === undefined
      ? undefined
      : 1000 * (value - (before.sum(name, filter) || 0)) / (this.now.time - before.time);
  }

  /** Estimated within its bucket, as Prometheus does; the highest bound if it is above; undefined without observations. */
  quantile(q, name, filter = ANY) {
    const buckets = new Map();
    const collect = (snapshot, sign) => snapshot.series(name + '_bucket').forEach(({ labels, value }) => {
      if (filter(labels)) {
        const bound = Number(labels.le.replace('Inf', 'Infinity'));
        buckets.set(bound, (buckets.get(bound) || 0) + sign * value);
      }
    });
    const before = this.before(QUANTILE_MS);
    if (before === undefined) {
      return undefined;
    }
    collect(this.now, 1);
    collect(before, -1);
    const bounds = [...buckets.keys()].sort((a, b) => a - b);
    const rank = q * buckets.get(bounds[bounds.length - 1]);
    if (!(rank > 0)) {
      return undefined;
    }
    const index = bounds.findIndex(bound => buckets.get(bound) >= rank);
    const [lower, below] = index === 0 ? [0, 0] : [bounds[index - 1], buckets.get(bounds[index - 1])];
    return bounds[index] === Infinity
      ? lower
      : lower + (bounds[index] - lower) * (rank - below) / (buckets.get(bounds[index]) - below);
  }
}

// --- Plots -------------------------------------------------------------------------------------------------------

/** One curve over the last minutes, from zero. It has a gap where there was no value. */
class Plot {
  static WIDTH = 300;
  static HEIGHT = 40;

  constructor(title, format) {
    this.title = title;
    this.format = format;
    this.points = [];
    this.max = 0;
    const svg = tag => document.createElementNS('http://www.w3.org/2000/svg', tag);
    this.node = svg('svg');
    this.node.setAttribute('class', 'plot');
    this.node.setAttribute('viewBox', `0 0 ${Plot.WIDTH} ${Plot.HEIGHT}`);
    this.node.setAttribute('preserveAspectRatio', 'none');
    this.node.setAttribute('role', 'img');
    [this.area, this.curve] = ['area', 'curve'].map(name => {
      const path = svg('path');
      path.setAttribute('class', name);
      this.node.append(path);
      return path;
    });
  }

  add(time, value) {
    this.points.push({ time, value });
  }

  /** The point below a pointer, or undefined in a gap. */
  at(event) {
    const { left, width } = this.node.getBoundingClientRect();
    const time = performance.now() - PLOT_MS * (1 - (event.clientX - left) / width);
    const distance = point => Math.abs(point.time - time);
    const nearest = this.points.reduce((best, point) => !best || distance(point) < distance(best) ? point : best, undefined);
    return nearest && nearest.value !== undefined && distance(nearest) < 2 * POLL_MS ? nearest : undefined;
  }

  draw(now) {
    this.points = this.points.filter(({ time }) => now - time <= PLOT_MS);
    this.max = this.points.reduce((high, { value }) => Math.max(high, value || 0), 0);
    const x = time => (Plot.WIDTH * (1 - (now - time) / PLOT_MS)).toFixed(1);
    const y = value => (Plot.HEIGHT - 1 - (Plot.HEIGHT - 3) * value / (this.max || 1)).toFixed(1);
    let curve = '';
    let area = '';
    let start;
    let last;
    const end = () => {
      if (last) {
        area += `V${Plot.HEIGHT}H${x(start.time)}Z`;
      }
    };
    for (const point of this.points) {
      if (point.value === undefined || last && point.time - last.time > 3 * POLL_MS) {
        end();
        last = undefined;
      }
      if (point.value !== undefined) {
        const at = `${x(point.time)} ${y(point.value)}`;
        curve += (last ? 'L' : 'M') + at;
        area += (last ? 'L' : 'M') + at;
        start = last ? start : point;
        last = point;
      }
    }
    end();
    this.curve.setAttribute('d', curve);
    this.area.setAttribute('d', area);
    this.node.setAttribute('aria-label', `${this.title}, last 5 minutes, highest ${this.format(this.max)}`);
  }
}

const history = new History();
const plots = [];

function newPlot(title, format) {
  const plot = new Plot(title, format);
  plots.push(plot);
  return plot;
}

// --- Parts of the page -------------------------------------------------------------------------------------------

/** A table whose rows stay where they are, by key. */
class Table {
  constructor(id, emptyText) {
    this.body = byId(id).querySelector('tbody');
    this.rows = new Map();
    this.columns = byId(id).querySelectorAll('thead th');
    this.empty = element('tr', { className: 'empty' }, element('td', { colSpan: this.columns.length, textContent: emptyText }));
    this.body.append(this.empty);
  }

  /** The cells after the first one, which is `title`, text or a node. */
  row(key, title = key) {
    if (!this.rows.has(key)) {
      this.empty.remove();
      const heading = element('th', { scope: 'row' }, title);
      const cells = [...this.columns].slice(1).map(({ classList }) => element('td', { className: classList.value }));
      const node = element('tr', {}, heading, ...cells);
      this.body.append(node);
      this.rows.set(key, { node, heading, cells });
    }
    return this.rows.get(key);
  }

  /** Removes the other rows. */
  keep(keys) {
    for (const [key, { node }] of this.rows) {
      if (!keys.includes(key)) {
        node.remove();
        this.rows.delete(key);
      }
    }
  }
}

function showRate(cell, value, alarm = false) {
  show(cell, rateText(value));
  cell.classList.toggle('zero', !value);
  cell.classList.toggle('alarm', alarm && value > 0);
}

/** A list of names and values. */
class Facts {
  constructor(id) {
    this.list = byId(id);
    this.values = new Map();
  }

  set(name, text, id = '') {
    if (!this.values.has(name)) {
      const value = element('dd', { id });
      this.list.append(element('dt', { textContent: name }), value);
      this.values.set(name, value);
    }
    show(this.values.get(name), text);
  }
}

function meter(bar, part, whole) {
  bar.firstElementChild.style.width = part === undefined || !(whole > 0) ? '0' : `${Math.min(100, 100 * part / whole)}%`;
}

// --- Key figures -------------------------------------------------------------------------------------------------

const CALLS = 'grpc_server_call_started_total';
const DURATION = 'grpc_server_call_duration_seconds';
const SCRIPTS = 'ephemeral_redis_script_duration_seconds';

const notOk = ({ grpc_status: status }) => status !== 'OK';
const serviceOf = method => method.includes('/') ? method.slice(0, method.lastIndexOf('/')) : method;

/** The duration of a stream is not a latency. */
function unary(now) {
  const streams = new Set(now.labels('ephemeral_streams', 'grpc_method'));
  return ({ grpc_method: method }) => !streams.has(method);
}

/** A quantile of these durations; those above the highest bound are not measured. */
function quantileText(value, name) {
  const bounds = (history.now?.labels(name + '_bucket', 'le') ?? []).map(Number).filter(Number.isFinite);
  return (value === Math.max(...bounds) ? '>' : '') + seconds(value);
}

const RATE = { format: rateText, unit: '/s' };
const timeOf = name => ({ format: value => quantileText(value, name), unit: '' });

const TILES = [
  {
    id: 'calls', title: 'Calls', ...RATE,
    value: h => h.rate(CALLS),
    point: h => h.rate(CALLS, ANY, POLL_MS),
    note: h => `${rateText(h.rate(DURATION + '_count', notOk))}/s not OK, ${count(h.now.sum('ephemeral_calls_in_flight'))} open`,
  },
  {
    id: 'denied', title: 'Rate checks denied', ...RATE,
    value: h => h.rate('ephemeral_rate_decisions_total', denied),
    point: h => h.rate('ephemeral_rate_decisions_total', denied, POLL_MS),
    note: h => `of ${rateText(h.rate('ephemeral_rate_decisions_total'))}/s`,
  },
  {
    id: 'latency', title: 'Call p99', ...timeOf(DURATION),
    value: h => h.quantile(0.99, DURATION, unary(h.now)),
    note: h => `p50 ${quantileText(h.quantile(0.5, DURATION, unary(h.now)), DURATION)}`,
  },
  {
    id: 'online', title: 'Users online', format: count, unit: '',
    value: h => h.now.sum('ephemeral_presence_users_online'),
    note: h => `${rateText(h.rate('ephemeral_presence_heartbeats_total'))} heartbeats/s`,
  },
  {
    id: 'memory', title: 'Redis memory', format: bytes, unit: '',
    value: h => h.now.sum('ephemeral_redis_memory_used_bytes'),
    note: h => {
      const max = h.now.sum('ephemeral_redis_memory_max_bytes');
      return `${percent(h.now.sum('ephemeral_redis_memory_used_bytes'), max)} of ${bytes(max)}`;
    },
  },
  {
    id: 'script', title: 'Redis p99', ...timeOf(SCRIPTS),
    value: h => h.quantile(0.99, SCRIPTS),
    note: h => `p50 ${quantileText(h.quantile(0.5, SCRIPTS), SCRIPTS)}, ${count(h.now.sum('ephemeral_redis_queued_calls'))} queued`,
  },
];

function denied({ outcome }) {
  return outcome === 'denied';
}

for (const tile of TILES) {
  tile.plot = newPlot(tile.title, value => tile.format(value) + tile.unit);
  tile.valueNode = element('span', { id: `tile-${tile.id}`, textContent: NONE });
  tile.noteNode = element('p', { className: 'note', textContent: NONE });
  tile.scaleNode = element('p', { className: 'scale', textContent: '\u00a0' });
  byId('tiles').append(element('div', { className: 'tile' },
    element('h2', { textContent: tile.title }),
    element('p', { className: 'value' }, tile.valueNode, element('small', { textContent: tile.unit })),
    tile.noteNode, tile.scaleNode, tile.plot.node));
  const showPoint = event => {
    tile.pointer = event;
    showScale(tile);
  };
  tile.plot.node.addEventListener('pointermove', showPoint);
  tile.plot.node.addEventListener('pointerleave', () => showPoint(undefined));
}

/** Above the plot: what is below the pointer, or else the highest value. */
function showScale(tile) {
  const point = tile.pointer && tile.plot.at(tile.pointer);
  const [name, value] = point ? [clock(Date.now() - performance.now() + point.time), point.value] : ['max', tile.plot.max];
  show(tile.scaleNode, point || value > 0 ? `${name} ${tile.format(value)}${tile.unit}` : '\u00a0');
}

function showTiles() {
  for (const tile of TILES) {
    const value = tile.value(history);
    show(tile.valueNode, tile.format(value));
    show(tile.noteNode, tile.note(history));
    tile.plot.add(history.now.time, tile.point ? tile.point(history) : value);
  }
}

// --- Services ----------------------------------------------------------------------------------------------------

const services = new Table('services', 'No calls yet');

/** What a service denied, beside its errors. */
const DENIALS = {
  [PACKAGE + 'RateLimitService']: [['ephemeral_rate_decisions_total', denied]],
  [PACKAGE + 'OtpService']: [
    ['ephemeral_otp_issued_total', ({ result }) => result !== 'issued'],
    ['ephemeral_otp_verifications_total', ({ result }) => result !== 'verified'],
  ],
};

const serviceRows = new Map();

function serviceRow(service) {
  if (!serviceRows.has(service)) {
    const short = service.startsWith(PACKAGE) ? service.slice(PACKAGE.length) : service;
    const button = element('button', { type: 'button' }, short.replace(/Service$/, ''));
    if (short.endsWith('Service')) {
      button.append(element('span', { className: 'suffix', textContent: 'Service' }));
    }
    const row = services.row(service, button);
    const plot = newPlot(`${short}, calls a second`, rateText);
    const last = row.cells[row.cells.length - 1];
    last.classList.add('plot-cell');
    last.append(plot.node);
    button.setAttribute('aria-expanded', 'false');
    button.addEventListener('click', () => {
      const open = button.getAttribute('aria-expanded') !== 'true';
      button.setAttribute('aria-expanded', String(open));
      showServices();
    });
    row.node.dataset.service = short;
    serviceRows.set(service, { row, plot, button, methods: new Map() });
  }
  return serviceRows.get(service);
}

function showCalls(cells, filter, denials) {
  showRate(cells[0], history.rate(CALLS, filter));
  showRate(cells[1], history.rate(DURATION + '_count', labels => filter(labels) && notOk(labels)), true);
  const values = denials.map(([name, matching]) => history.rate(name, matching)).filter(value => value !== undefined);
  showRate(cells[2], values.length ? values.reduce((sum, value) => sum + value) : undefined);
  const isUnary = unary(history.now);
  [0.5, 0.99].forEach((q, i) =>
    show(cells[3 + i], quantileText(history.quantile(q, DURATION, labels => filter(labels) && isUnary(labels)), DURATION)));
  const streams = history.now.series('ephemeral_streams').filter(({ labels }) => filter(labels));
  show(cells[5], streams.length ? count(streams.reduce((sum, { value }) => sum + value, 0)) : NONE);
}

function showServices() {
  if (history.now === undefined) {
    return;
  }
  const methods = history.now.labels(CALLS, 'grpc_method');
  const names = [...new Set(methods.map(serviceOf))];
  names.sort((a, b) => b.startsWith(PACKAGE) - a.startsWith(PACKAGE) || a.localeCompare(b));
  for (const service of names) {
    const { row, button, methods: rows } = serviceRow(service);
    showCalls(row.cells, ({ grpc_method: method }) => serviceOf(method) === service, DENIALS[service] || []);
    let last = row.node;
    for (const method of methods.filter(name => serviceOf(name) === service)) {
      if (!rows.has(method)) {
        const methodRow = services.row(method, method.slice(method.lastIndexOf('/') + 1));
        methodRow.node.className = 'method';
        rows.set(method, methodRow);
      }
      const methodRow = rows.get(method);
      if (last.nextElementSibling !== methodRow.node) {
        last.after(methodRow.node);
      }
      last = methodRow.node;
      methodRow.node.hidden = button.getAttribute('aria-expanded') !== 'true';
      if (!methodRow.node.hidden) {
        showCalls(methodRow.cells, ({ grpc_method: name }) => name === method, []);
      }
    }
  }
}

function plotServices() {
  for (const [service, { plot }] of serviceRows) {
    plot.add(history.now.time, history.rate(CALLS, ({ grpc_method: method }) => serviceOf(method) === service, POLL_MS));
  }
}

// --- Memory, Redis, rate limits, streams, errors, results ----------------------------------------------------------

const kinds = new Table('kinds', 'Not read yet');

function showMemory() {
  const used = history.now.sum('ephemeral_redis_memory_used_bytes');
  const max = history.now.sum('ephemeral_redis_memory_max_bytes');
  show(byId('memory-used'), bytes(used));
  show(byId('memory-max'), bytes(max));
  const share = used / max;
  const [level, text] = !(share >= 0) ? ['', 'unknown']
    : share > 0.9 ? ['bad', 'above 90 %'] : share > 0.8 ? ['warn', 'above 80 %'] : ['ok', percent(used, max)];
  byId('memory-level').dataset.level = level;
  show(byId('memory-level'), text);
  meter(byId('memory-meter'), used, max);
  byId('memory-meter').setAttribute('aria-label', `${percent(used, max)} of the memory in use`);
  const series = history.now.series('ephemeral_redis_memory_kind_bytes');
  kinds.keep(series.map(({ labels: { kind } }) => kind));
  for (const { labels: { kind }, value } of [...series].sort((a, b) => b.value - a.value)) {
    const { node, cells } = kinds.row(kind);
    kinds.body.append(node);
    show(cells[0], bytes(value));
    showShare(cells[1], value, used);
  }
}

function showShare(cell, part, whole) {
  if (!cell.firstChild) {
    cell.append(element('span'), element('div', { className: 'meter' }, element('i')));
  }
  show(cell.firstChild, percent(part, whole));
  meter(cell.lastChild, part, whole);
}

const redis = new Facts('redis');

function showRedis() {
  const now = history.now;
  const available = now.sum('ephemeral_redis_available');
  redis.set('State', available === undefined ? NONE : available ? 'available' : 'unavailable', 'redis-state');
  byId('redis-state').className = available === 0 ? 'alarm' : '';
  redis.set('Script time p50, p99', [0.5, 0.99].map(q => quantileText(history.quantile(q, SCRIPTS), SCRIPTS)).join(', '));
  redis.set('Calls of scripts', rateText(history.rate('ephemeral_redis_script_calls_total')) + '/s');
  const calls = history.rate('ephemeral_redis_script_calls_total');
  const batches = history.rate('ephemeral_redis_batches_total');
  redis.set('Calls per script', calls > 0 && batches > 0 ? significant(calls / batches) : NONE);
  redis.set('Commands sent', rateText(history.rate('ephemeral_redis_commands_total')) + '/s');
  redis.set('Scripts in flight', count(now.sum('ephemeral_redis_scripts_in_flight')));
  redis.set('Calls queued', `${count(now.sum('ephemeral_redis_queued_calls'))} of ${count(now.sum('ephemeral_redis_queue_max_calls'))}`);
  redis.set('Outages', byLabel('ephemeral_redis_outages_total', 'cause'));
  redis.set('Reconnects', count(now.sum('ephemeral_redis_reconnects_total')));
  redis.set('Scripts loaded', count(now.sum('ephemeral_redis_script_loads_total')));
}

/** "3 (2 timeout, 1 connection refused)"; counts since the start. */
function byLabel(name, label) {
  const parts = history.now.series(name).filter(({ value }) => value > 0)
    .map(({ labels, value }) => `${count(value)} ${labels[label]}`);
  return count(history.now.sum(name) ?? 0) + (parts.length ? ` (${parts.join(', ')})` : '');
}

const limits = new Table('limits', 'No checks yet');

function showLimits() {
  const name = 'ephemeral_rate_decisions_total';
  for (const action of history.now.labels(name, 'action')) {
    const of = outcome => history.rate(name, labels => labels.action === action && labels.outcome === outcome);
    const { cells } = limits.row(action);
    const [allowed, denials] = [of('allowed'), of('denied')];
    showRate(cells[0], allowed);
    showRate(cells[1], denials);
    show(cells[2], percent(denials, allowed + denials));
  }
}

const streams = new Facts('streams');

function showStreams() {
  const now = history.now;
  streams.set('Open streams', count(now.sum('ephemeral_streams')), 'streams-open');
  for (const feature of ['presence', 'typing', 'broadcast']) {
    const watched = now.series('ephemeral_watched_ids').find(({ labels }) => labels.feature === feature);
    streams.set(`Watched ids, ${feature}`, count(watched && watched.value), `watched-${feature}`);
  }
  for (const event of ['sent', 'dropped', 'stale', 'resynced', 'gap']) {
    streams.set(`Events ${event}`, rateText(history.rate('ephemeral_stream_events_total', labels => labels.event === event)) + '/s');
  }
  streams.set('Memory', `${bytes(now.sum('ephemeral_stream_memory_bytes'))} of ${bytes(now.sum('ephemeral_stream_memory_max_bytes'))}`);
}

const errors = new Table('errors', 'None since the start');

function showErrors() {
  const name = 'ephemeral_errors_total';
  for (const reason of history.now.labels(name, 'reason')) {
    const only = labels => labels.reason === reason;
    const { cells } = errors.row(reason, reason.replace('ERROR_REASON_', ''));
    showRate(cells[0], history.rate(name, only), true);
    show(cells[1], count(history.now.sum(name, only)));
  }
}

const RESULTS = {
  ephemeral_otp_issued_total: 'codes',
  ephemeral_otp_verifications_total: 'verifications',
  ephemeral_login_tokens_total: 'login tokens',
  ephemeral_session_flags_total: 'session flags',
  ephemeral_feature_flags_total: 'feature flags',
  ephemeral_cache_reads_total: 'cache reads',
  ephemeral_cache_writes_total: 'cache writes',
  ephemeral_cache_leases_total: 'cache leases',
  ephemeral_presence_heartbeats_total: 'heartbeats',
  ephemeral_typing_updates_total: 'typing',
  ephemeral_broadcast_published_total: 'messages published',
  ephemeral_broadcast_received_total: 'messages received',
  ephemeral_broadcast_lost_total: 'messages lost',
};

const results = new Table('results', 'None since the start');

function showResults() {
  for (const [name, title] of Object.entries(RESULTS)) {
    for (const { labels, value } of history.now.series(name)) {
      const key = JSON.stringify([name, labels]);
      if (value > 0 || results.rows.has(key)) {
        const { kind, operation, result } = labels;
        const { cells } = results.row(key, [title, kind, operation, result].filter(Boolean).join(', '));
        const same = other => other.kind === kind && other.operation === operation && other.result === result;
        showRate(cells[0], history.rate(name, same));
        show(cells[1], count(value));
      }
    }
  }
}

// --- Events, server, configuration ---------------------------------------------------------------------------------

let latestEvents = [];

function showEvents() {
  const body = byId('events').querySelector('tbody');
  const classes = { ERROR: 'level-bad', WARN: 'level-warn' };
  body.replaceChildren(...latestEvents.map(({ time, level, text }) => element('tr', {},
    element('td', { textContent: clock(time), className: 'muted' }),
    element('td', { textContent: level, className: classes[level] || 'muted' }),
    element('td', { textContent: text }))));
}

const server = new Facts('server');

function showServer() {
  const now = history.now;
  const info = now.series('ephemeral_build_info')[0];
  show(byId('version'), info ? info.labels.version : NONE);
  const start = now.sum('process_start_time_seconds');
  show(byId('uptime'), start === undefined ? NONE : duration(Date.now() / 1000 - start));
  server.set('Version', info ? info.labels.version : NONE);
  server.set('Java', info ? info.labels.java : NONE);
  server.set('CPU', percent(history.rate('process_cpu_seconds_total'), 1));
  server.set('Resident memory', bytes(now.sum('process_resident_memory_bytes')));
  const heap = ({ area }) => area === 'heap';
  server.set('Heap', `${bytes(now.sum('jvm_memory_used_bytes', heap))} of ${bytes(now.sum('jvm_memory_max_bytes', heap))}`);
  server.set('Connections', count(now.sum('ephemeral_connections')));
  for (const { labels, value } of now.series('ephemeral_tls_expiry_timestamp_seconds')) {
    server.set(`${labels.setting} expires in`, duration(value - Date.now() / 1000));
  }
  for (const { labels, value } of now.series('ephemeral_config_reloads_total')) {
    server.set(`Reloads ${labels.result}, ${labels.file}`, count(value));
  }
}

async function showConfiguration() {
  if (!byId('configuration').open) {
    return;
  }
  const response = await read('config');
  const { settings } = await response.json();
  byId('configuration').querySelector('tbody').replaceChildren(...settings.map(({ name, value, origin }) =>
    element('tr', {}, ...[name, value, origin].map(text => element('td', { textContent: text ?? '' })))));
}

byId('configuration').addEventListener('toggle', () => showConfiguration().catch(
  () => show(byId('configuration-note'), 'The configuration cannot be read.')));

// --- Poll ----------------------------------------------------------------------------------------------------------

let state = 'connecting';
let answered = Date.now();
let version;

async function read(path) {
  const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) {
    throw new Error(`${path}: ${response.status}`);
  }
  return response;
}

function enter(next, text, detail) {
  state = next;
  document.body.dataset.state = next;
  show(byId('state'), text);
  show(byId('detail'), detail);
  byId('detail').title = detail;
  document.title = next === 'ready' ? 'Ephemeral' : `${text} – Ephemeral`;
}

function showState() {
  const down = history.now.sum('ephemeral_redis_available') === 0;
  if (history.now.sum('ephemeral_ready') !== 0) {
    enter('ready', 'Ready', `updated ${clock(answered)}`);
  } else if (down) {
    const change = latestEvents.find(({ event }) => event === 'redis_unavailable' || event === 'redis_available');
    enter('down', 'Redis is unavailable', change && change.event === 'redis_unavailable'
      ? `since ${clock(change.time)}: ${change.text.replace('Redis is unavailable: ', '')}` : 'calls fail');
  } else {
    enter('down', 'Not ready', 'the server is starting or shutting down');
  }
}

/** Values stay, greyed. */
function showGone() {
  const since = duration((Date.now() - answered) / 1000);
  enter('gone', 'The server does not answer', history.now === undefined
    ? `for ${since}` : `for ${since}; these values are of ${clock(answered)}`);
}

function draw() {
  const now = performance.now();
  plots.forEach(plot => plot.draw(now));
  TILES.forEach(showScale);
}

let polls = 0;

async function poll() {
  const families = parse(await (await read('metrics')).text());
  answered = Date.now();
  const restarted = history.add(new Snapshot(performance.now(), families));
  const [info] = history.now.series('ephemeral_build_info');
  if (info && version !== undefined && info.labels.version !== version) {
    location.reload(); // the page of another version
  }
  version = info && info.labels.version;
  const before = state;
  showState();
  for (const part of [showTiles, showServices, plotServices, showMemory, showRedis, showLimits, showStreams, showErrors, showResults, showServer]) {
    part();
  }
  if (polls++ % POLLS_PER_EVENTS === 0 || state !== before) {
    latestEvents = (await (await read('events')).json()).events;
    showEvents();
    showState();
  }
  if (restarted || before === 'gone') {
    await showConfiguration().catch(() => {});
  }
}

/** Nothing is read while the page is hidden. */
async function run() {
  for (;;) {
    if (!document.hidden) {
      try {
        await poll();
      } catch (e) {
        showGone();
      }
      draw();
    }
    await new Promise(done => {
      const timer = setTimeout(done, polls < 2 ? POLL_MS / 2 : POLL_MS);
      document.addEventListener('visibilitychange', () => { clearTimeout(timer); done(); }, { once: true });
    });
  }
}

run();
