import type { Table } from '@hospital-ops/aws/dynamodb/ports';
import { expect, test } from '@jest/globals';

/**
 * What the suite relies on in DynamoDB, as tests of any table with text keys `pk` and `sk`: the local one and one that others
 * wrote have to pass the same.
 */
export const tableTests = (open: () => Table): void => {
  const item = { pk: 'p', sk: 'a', owner: 'one', expires: 10, record: { list: ['x', 1, true], map: { inner: 'y' } } };
  const unheld = { expression: 'attribute_not_exists(pk) OR #owner = :owner OR #expires < :over' } as const;
  const claim = (owner: string, over: number) => ({ ...unheld, values: { ':owner': owner, ':over': over } });

  test('keeps an item as it was written', async () => {
    expect(await open().get({ pk: 'p', sk: 'a' })).toBeUndefined();
    expect(await open().put(item)).toEqual({ done: true, before: undefined });
    expect(await open().get({ pk: 'p', sk: 'a' })).toEqual(item);
    expect(await open().put({ ...item, owner: 'two' })).toEqual({ done: true, before: item });
    await open().put(item);
  });

  test.each([
    ['whose condition names another owner is refused, and told what is there', 'two', 5, false],
    ['of the same owner is done', 'one', 5, true],
    ['after the lease is done', 'two', 11, true],
    ['at the end of the lease is refused', 'two', 10, false],
  ])('a write %s', async (_, owner, over, done) => {
    await open().put({ ...item, sk: 'b' });
    const next = { ...item, sk: 'b', owner: 'next' };
    expect(await open().put(next, claim(owner, over))).toEqual({ done, before: { ...item, sk: 'b' } });
    expect(await open().get({ pk: 'p', sk: 'b' })).toMatchObject({ owner: done ? 'next' : 'one' });
  });

  test('a write where nothing is needs no owner', async () => {
    expect(await open().put({ ...item, sk: 'new' }, claim('one', 0))).toEqual({ done: true, before: undefined });
  });

  test('a removal is its owner’s alone, and done once it is gone', async () => {
    await open().put({ ...item, sk: 'c' });
    const by = (owner: string) => ({ expression: '#owner = :owner', values: { ':owner': owner } }) as const;
    const key = { pk: 'p', sk: 'c' };
    expect(await open().remove(key, by('two'))).toEqual({ done: false, before: { ...item, sk: 'c' } });
    expect(await open().remove(key, by('one'))).toEqual({ done: true, before: { ...item, sk: 'c' } });
    expect(await open().remove(key, by('one'))).toEqual({ done: true, before: undefined });
    expect(await open().get(key)).toBeUndefined();
  });

  test('items of a partition come newest first, from where it is asked', async () => {
    const names = ['d#1', 'd#2', 'd#3', 'd#4', 'e#5'];
    for (const sk of names) await open().put({ pk: 'q', sk });
    await open().put({ pk: 'r', sk: 'd#9' });
    const read = async (limit: number, after?: string) =>
      (await open().query({ pk: 'q', prefix: 'd#', limit, after })).map(({ sk }) => sk);
    expect(await read(10)).toEqual(['d#4', 'd#3', 'd#2', 'd#1']);
    expect(await read(2)).toEqual(['d#4', 'd#3']);
    expect(await read(2, 'd#3')).toEqual(['d#2', 'd#1']);
    expect(await read(4)).toEqual(['d#4', 'd#3', 'd#2', 'd#1']);
    expect(await read(10, 'd#1')).toEqual([]);
  });
};
