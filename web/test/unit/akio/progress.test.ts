import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Progress } from '../../../src/akio/progress.js';
import type { LoadProgress } from '../../../src/akio/protocol.js';

let steps: LoadProgress[];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  steps = [];
});
afterEach(() => void vi.useRealTimers());

const progress = (total?: number): Progress => new Progress((step) => steps.push(step), total);
const wait = (milliseconds: number): void => void vi.advanceTimersByTime(milliseconds);

test('what arrives at once is one report, and the end is never left out', () => {
  const loading = progress(300);
  loading.arrived(100);
  loading.arrived(100);
  expect(steps.map(({ loaded }) => loaded)).toEqual([100]);
  loading.arrived(100);
  expect(steps.map(({ loaded }) => loaded)).toEqual([100, 300]);
});

test('what came last is told even if nothing comes after it, unless it is told no more', () => {
  const loading = progress(300);
  loading.arrived(100);
  loading.arrived(50);
  wait(100);
  expect(steps.map(({ loaded }) => loaded)).toEqual([100, 150]);
  loading.arrived(10);
  wait(1);
  loading.arrived(10);
  loading.stop();
  wait(100);
  expect(steps.map(({ loaded }) => loaded)).toEqual([100, 150, 160]);
});

test('speed and time left are those of what came from the source', () => {
  const loading = progress(10_000);
  loading.add(4000); // stored before
  for (let second = 0; second < 3; second++) {
    wait(1000);
    loading.arrived(1000);
  }
  expect(steps.at(-1)).toEqual({ phase: 'fetch', loaded: 7000, total: 10_000, bytesPerSecond: 1000, secondsLeft: 3 });
});

test('at first nothing is said of the speed', () => {
  const loading = progress(1000);
  loading.arrived(10);
  wait(400);
  loading.arrived(10);
  expect(steps.every(({ bytesPerSecond }) => bytesPerSecond === undefined)).toBe(true);
});

test('the speed is that of the last seconds', () => {
  const loading = progress();
  for (let second = 0; second < 10; second++) {
    wait(1000);
    loading.arrived(100);
  }
  for (let second = 0; second < 10; second++) {
    wait(1000);
    loading.arrived(5000);
  }
  expect(steps.at(-1)?.bytesPerSecond).toBe(5000);
  expect(steps.at(-1)?.secondsLeft).toBeUndefined();
});

test('what has to come again is taken back', () => {
  const loading = progress(100);
  loading.arrived(60);
  wait(100);
  loading.add(-60);
  expect(steps.at(-1)?.loaded).toBe(0);
});

test('waiting and starting are told at once', () => {
  const loading = progress(100);
  loading.add(0);
  loading.wait();
  loading.start();
  expect(steps.map(({ phase }) => phase)).toEqual(['fetch', 'wait', 'start']);
});
