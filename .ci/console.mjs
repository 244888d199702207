// The checks of .ci/console, whose comment has the rest. Run in the root of the repository, with a folder for files.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import { chromium } from 'playwright-core';

const folder = process.argv[2];
const pictures = process.env.SCREENSHOTS;
const ephemeral = process.env.EPHEMERAL ?? './ephemeral';
const PEPPER = 'a-pepper-that-no-page-may-show-0123456789';
const USERS = 200;
const ROOMS = 20;
const CALLS_PER_SECOND = 300;

const step = text => console.log(`console: ${text}`);

async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = net.createServer();
    const free = await new Promise(done => server.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true)));
    server.close();
    if (free) {
      return port;
    }
  }
}

/** Repeats a check until it holds; throws its last failure after the limit. */
async function eventually(what, limitSeconds, check) {
  const end = Date.now() + limitSeconds * 1000;
  for (;;) {
    try {
      const result = await check();
      step(`${what}${typeof result === 'string' ? ': ' + result : ''}`);
      return;
    } catch (e) {
      if (Date.now() > end) {
        throw new Error(`not within ${limitSeconds} s: ${what}`, { cause: e });
      }
      await sleep(300);
    }
  }
}

// --- Redis and the server ------------------------------------------------------------------------------------------

const running = new Set();

function start(command, args, log) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const file = createWriteStream(path.join(folder, log), { flags: 'a' });
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

async function stop(child, signal = 'SIGTERM') {
  if (running.has(child)) {
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }
}

const [redisPort, port, adminPort] = [await freePort(), await freePort(), await freePort()];
const admin = `http://127.0.0.1:${adminPort}`;
const startRedis = () => start('redis-server', ['--port', redisPort, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no',
  '--dir', folder, '--maxmemory', '30mb', '--maxmemory-policy', 'noeviction'], 'redis.log');
const startServer = () => start(ephemeral, ['serve', '--config', path.join(folder, 'config.yaml')], 'server.log');
writeFileSync(path.join(folder, 'config.yaml'), `
server.port: ${port}
server.drain_timeout: 1s
redis.url: redis://127.0.0.1:${redisPort}
admin.port: ${adminPort}
otp.pepper: ${PEPPER}
rate_limit.policies:
  login_attempts: {limit: 5, window: 60s}
  api_hits: {limit: 1000, window: 60s, algorithm: token_bucket}
`);

/** Sums of series by name, and by name and label: `a`, `a{b="c"}`. */
function parse(text) {
  const sums = new Map();
  const add = (key, value) => sums.set(key, (sums.get(key) ?? 0) + value);
  for (const line of text.split('\n')) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match) {
      add(match[1], Number(match[3]));
      for (const [label] of (match[2] ?? '').matchAll(/\w+="[^"]*"/g)) {
        add(`${match[1]}{${label}}`, Number(match[3]));
      }
    }
  }
  return sums;
}

/** What the page read from /metrics, and when. */
const scrapes = [];

/** The rates that the page may show: between one of its last two reads and the oldest one of the 10 s before. */
function rates(...names) {
  const sum = ({ sums }) => names.reduce((total, name) => total + (sums.get(name) ?? 0), 0);
  return scrapes.slice(-2).flatMap(now => [10_500, 11_000, 11_500]
    .map(limit => scrapes.find(({ time }) => now.time - time <= limit))
    .filter(before => before !== now)
    .map(before => 1000 * (sum(now) - sum(before)) / (now.time - before.time)));
}

// --- Load ------------------------------------------------------------------------------------------------------------

const protos = path.resolve('proto/src/main/proto');
const definition = protoLoader.loadSync(['rate_limit', 'otp', 'session', 'token', 'feature_flag', 'cache', 'presence', 'typing',
  'broadcast', 'budget'].map(name => `flowhub/ephemeral/v1/${name}.proto`), { includeDirs: [protos], keepCase: true, longs: Number, enums: String });
const api = grpc.loadPackageDefinition(definition).flowhub.ephemeral.v1;
const client = service => new api[service](`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
  'grpc.max_reconnect_backoff_ms': 1000,
});
const [limits, otp, sessions, tokens, flags, cache, presence, typing, broadcast, budget] = ['RateLimitService', 'OtpService',
  'SessionService', 'TokenService', 'FeatureFlagService', 'CacheService', 'PresenceService', 'TypingService', 'BroadcastService',
  'BudgetService'].map(client);

const call = (stub, method, request) => new Promise((done, fail) =>
  stub[method](request, { deadline: Date.now() + 2000 }, (error, response) => error ? fail(error) : done(response)));

/** One of the mixed calls. Errors are part of the load. */
async function callOnce(n) {
  const user = `user-${n % 1500}`;
  const pick = n * 7 % 20;
  if (pick < 9) {
    await call(limits, 'CheckRate', { user_id: user, action: 'api_hits' });
  } else if (pick < 12) {
    await call(limits, 'CheckRate', { user_id: `user-${n % 40}`, action: 'login_attempts' });
  } else if (pick < 15) {
    const { lease } = await call(cache, 'GetCachedUser', { id: user });
    if (lease) {
      await call(cache, 'PutCachedUser', { id: user, json: JSON.stringify({ id: user, name: 'x'.repeat(150) }), lease });
    }
  } else if (pick === 15) {
    const { challenge_id } = await call(otp, 'IssueOtp', { user_id: user });
    await call(otp, 'VerifyOtp', { user_id: user, code: '000000', challenge_id });
  } else if (pick === 16) {
    const { token } = await call(tokens, 'IssueLoginToken', { user_id: user });
    await call(tokens, 'ConsumeLoginToken', { user_id: user, token });
  } else if (pick === 17) {
    await call(sessions, 'SetSessionFlag', { user_id: user, flag: 'accepted_terms', value: 'yes' });
  } else if (pick === 18) {
    await call(flags, 'SetFlag', { feature: 'new_checkout', user_id: user, value: 'on' });
    await call(flags, 'GetFlag', { feature: 'new_checkout', user_id: user });
  } else {
    await call(typing, 'SetTyping', { room_id: `room-${n % ROOMS}`, user_id: user, typing: true });
    await call(broadcast, 'Publish', { room_id: `room-${n % ROOMS}`, sender_id: user, payload: Buffer.from('hello') });
  }
}

let loading = true;
let calls = 0;

async function load() {
  for (let begin = Date.now(), due = 0; loading; await sleep(50)) {
    const wave = pictures ? 1 + 0.3 * Math.sin(Date.now() / 15_000) : 1;
    due += wave * CALLS_PER_SECOND * (Date.now() - begin) / 1000;
    begin = Date.now();
    for (due = Math.min(due, 100); due >= 1; due--) {
      callOnce(calls++).catch(() => {});
    }
  }
}

const users = [...Array(USERS).keys()].map(i => `online-${i}`);
const rooms = [...Array(ROOMS).keys()].map(i => `room-${i}`);

/** Opens a stream again when it ends. */
async function keepOpen(open) {
  while (loading) {
    const stream = open();
    stream.on('data', () => {});
    await new Promise(done => stream.on('error', done).on('end', done));
    await sleep(500);
  }
}

async function heartbeats() {
  for (let i = 0; loading; await sleep(300)) {
    const tenth = users.filter((_, index) => index % 10 === i % 10);
    i++;
    for (const user_id of tenth) {
      call(presence, 'Heartbeat', { user_id, connection_id: '' }).catch(() => {});
    }
  }
}

function startLoad() {
  const watches = [[presence, 'WatchPresence', { add_user_ids: users }], [typing, 'WatchTyping', { add_room_ids: rooms }],
    [broadcast, 'Subscribe', { add_room_ids: rooms }], [broadcast, 'Subscribe', { add_room_ids: rooms.slice(1) }]];
  for (const [stub, method, request] of watches) {
    keepOpen(() => {
      const stream = stub[method]();
      stream.write(request);
      return stream;
    });
  }
  load();
  heartbeats();
}

// --- What the page shows -----------------------------------------------------------------------------------------------

let page;
const text = async selector => (await page.textContent(selector)).trim();
const state = () => text('#state');

/** 1,234 as 1234, and 1.5 MiB as bytes. */
function number(shown) {
  const match = /^(<?)([\d.,]+)(?: (KiB|MiB|GiB))?/.exec(shown);
  assert.ok(match, `not a number: ${shown}`);
  return Number(match[2].replaceAll(',', '')) * { KiB: 1 << 10, MiB: 1 << 20, GiB: 1 << 30 }[match[3] ?? ''] || Number(match[2].replaceAll(',', ''));
}

function near(shown, expected, tolerance, what) {
  const value = number(shown);
  assert.ok(Math.abs(value - expected) <= tolerance * expected, `${what}: ${shown} is shown, ${expected} is expected`);
  return `${what} ${shown} (${Number(expected.toPrecision(4))})`;
}

function nearAny(shown, expected, tolerance, what) {
  const difference = value => Math.abs(number(shown) - value);
  const [nearest] = expected.sort((a, b) => difference(a) - difference(b));
  assert.ok(nearest > 1, `${what}: no load, or no second read`);
  return near(shown, nearest, tolerance, what);
}

async function requireNoOverflow(what) {
  const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(content <= width, `${what}: ${content} px of content in ${width} px`);
}

async function picture(name, { scheme = 'light', width = 1280, height = 900 }) {
  await page.emulateMedia({ colorScheme: scheme });
  await page.setViewportSize({ width, height });
  await page.evaluate(() => window.scrollTo(0, 0));
  await requireNoOverflow(`${name}, ${width} px`);
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = background.match(/\d+/g).slice(0, 3).every(part => part > 127);
  assert.equal(light, scheme === 'light', `${name}: the background is ${background}`);
  if (pictures) {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: `${pictures}/${name}.png` });
  }
}

// --- The checks ----------------------------------------------------------------------------------------------------------

let browser;

async function check() {
  let redis = startRedis();
  let server = startServer();
  await eventually('the server is ready', 60, async () => assert.equal((await fetch(`${admin}/readyz`)).status, 200));
  startLoad();

  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
  const problems = [];
  const paths = new Set();
  page.on('response', async response => {
    if (response.url() === `${admin}/metrics` && response.ok()) {
      scrapes.push({ time: Date.now(), sums: parse(await response.text().catch(() => '')) });
    }
  });
  // Chromium ends requests when a network interface of the machine changes, such as one of a container.
  const unexpected = (...allowed) => problems.filter(problem => !['ERR_NETWORK_CHANGED', ...allowed].some(name => problem.includes(name)));
  page.on('pageerror', error => problems.push(String(error)));
  page.on('console', message => message.type() === 'error' && problems.push(message.text()));
  page.on('request', request => paths.add(request.url().startsWith('data:') ? 'data:' : request.url().replace(`${admin}/`, '/')));
  await page.goto(admin);

  await eventually('the page is ready', 20, async () => assert.equal(await state(), 'Ready'));
  let matches = 0; // one alone may be by chance, while the load changes
  await eventually('calls per second as in /metrics', 90, async () => {
    await sleep(3000);
    const shown = await page.evaluate(() => ['#tile-calls', '#tile-denied', '[data-service="OtpService"] td']
      .map(selector => document.querySelector(selector).textContent));
    const found = matches;
    matches = 0;
    const method = 'grpc_server_call_started_total{grpc_method="flowhub.ephemeral.v1.OtpService';
    const result = [
      nearAny(shown[0], rates('grpc_server_call_started_total'), 0.05, 'calls'),
      nearAny(shown[1], rates('ephemeral_rate_decisions_total{outcome="denied"}'), 0.1, 'denied'),
      nearAny(shown[2], rates(`${method}/IssueOtp"}`, `${method}/VerifyOtp"}`), 0.1, 'OtpService'),
    ].join(', ');
    matches = found + 1;
    assert.ok(matches >= 4, `only ${matches} matches in a row, ${result}`);
    return result;
  });
  await eventually('memory as in GetBudget', 30, async () => {
    const { used_bytes: used, max_bytes: max } = await call(budget, 'GetBudget', {});
    return [
      near(await text('#tile-memory'), used, 0.1, 'used'),
      near(await text('#memory-used'), used, 0.1, 'used'),
      near(await text('#memory-max'), max, 0.01, 'of'),
    ].join(', ');
  });
  await eventually('every large kind of GetBudget has a row', 90, async () => {
    const { kinds } = await call(budget, 'GetBudget', {});
    const rows = await page.$$eval('#kinds tbody th', cells => cells.map(cell => cell.textContent));
    kinds.slice(0, 5).forEach(({ kind }) => assert.ok(rows.includes(kind), `${kind} is not among ${rows}`));
    return rows.join(', ');
  });
  await eventually('users online, streams and watched ids', 60, async () => {
    assert.equal(number(await text('#tile-online')), USERS);
    assert.equal(number(await text('#streams-open')), 4);
    assert.equal(number(await text('#watched-presence')), USERS);
    assert.equal(number(await text('#watched-broadcast')), ROOMS);
  });
  assert.equal(await text('#redis-state'), 'available');
  await eventually('latencies', 20, async () => {
    assert.match(await text('#tile-latency'), /^>?[\d.]+ (ms|s)$/);
    assert.match(await text('#tile-script'), /^>?[\d.]+ (ms|s)$/);
    return `${await text('#tile-latency')}, Redis ${await text('#tile-script')}`;
  });
  assert.match(await text('#events'), /Serving/);

  await page.focus('[data-service="RateLimitService"] button');
  await page.keyboard.press('Enter');
  assert.ok(await page.isVisible('tr.method:has-text("CheckRate")'), 'the keyboard opens the methods of a service');
  await page.keyboard.press('Enter');
  assert.ok(!await page.isVisible('tr.method:has-text("CheckRate")'), 'and closes them');

  await page.click('#configuration summary');
  await eventually('the configuration is shown', 10, async () => assert.match(await text('#configuration'), /redis\.url/));
  await picture('configuration-phone', { width: 390, height: 844 });
  assert.ok(!(await page.content()).includes(PEPPER), 'the page contains the pepper');
  await page.click('#configuration summary');

  if (pictures) {
    step('filling the plots for two minutes');
    await sleep(120_000);
  }
  await picture('console-phone', { width: 390, height: 844 });
  await picture('console-dark', { scheme: 'dark' });
  await picture('console-light', {});
  assert.deepEqual(unexpected(), [], 'errors in the console of the browser');

  await stop(redis, 'SIGKILL');
  await eventually('Redis is shown as unavailable', 40, async () => {
    assert.equal(await state(), 'Redis is unavailable');
    assert.equal(await text('#redis-state'), 'unavailable');
    assert.match(await text('#detail'), /127\.0\.0\.1/);
    return text('#detail');
  });
  if (pictures) {
    await sleep(15_000);
  }
  await picture('console-redis-stopped', {});
  redis = startRedis();
  await eventually('Redis is shown as available again', 60, async () => assert.equal(await state(), 'Ready'));
  assert.deepEqual(unexpected(), [], 'errors in the console of the browser');

  const kept = await text('#memory-used');
  await stop(server);
  await eventually('the server is shown as gone', 30, async () => {
    assert.equal(await state(), 'The server does not answer');
    assert.match(await text('#detail'), /^for \d+ s; these values are of \d\d:\d\d:\d\d$/);
    return text('#detail');
  });
  assert.match(await text('#memory-used'), /iB$/, `${kept} is kept`);
  assert.equal(await page.getAttribute('body', 'data-state'), 'gone');
  await picture('console-server-gone', { width: 390, height: 844 });
  server = startServer();
  await eventually('the page recovers with the server', 60, async () => {
    assert.equal(await state(), 'Ready');
    assert.ok(number(await text('#tile-calls')) > 10);
  });

  assert.deepEqual(unexpected('ERR_CONNECTION_REFUSED', 'ERR_CONNECTION_RESET', 'ERR_EMPTY_RESPONSE'), [],
    'errors in the console of the browser');
  for (const requested of paths) {
    assert.ok(['/', '/console.css', '/console.js', '/metrics', '/events', '/config', 'data:'].includes(requested),
      `the page requested ${requested}`);
  }
}

async function finish(status) {
  loading = false;
  await browser?.close();
  await Promise.all([...running].map(child => stop(child, 'SIGKILL')));
  process.exit(status);
}

process.once('SIGTERM', () => finish(1));
process.once('SIGINT', () => finish(1));
const begin = Date.now();
try {
  await check();
  step(`all checks passed in ${Math.round((Date.now() - begin) / 1000)} s`);
  await finish(0);
} catch (e) {
  console.error(e);
  console.error(readFileSync(path.join(folder, 'server.log'), 'utf8').split('\n').slice(-20).join('\n'));
  await finish(1);
}
