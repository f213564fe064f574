import { nearest, suggestion } from '../../cli/nearest.ts';

const TYPES = ['organization.directory.user_created', 'organization.directory.user_updated', 'organization.created'];

test.each([
  ['swapped letters', 'organization.directory.user_craeted', 'organization.directory.user_created'],
  ['a missing letter', 'organization.directory.user_updatd', 'organization.directory.user_updated'],
  ['upper case', 'ORGANIZATION.CREATED', 'organization.created'],
  ['a part of the name', 'user_created', 'organization.directory.user_created'],
])('suggests the name that was meant: %s', (_, typed, meant) => {
  expect(nearest(typed, TYPES)[0]).toBe(meant);
});

test('suggests nothing for what resembles nothing', () => {
  expect(nearest('zzzzzzzz', TYPES)).toEqual([]);
});

test('says what there is', () => {
  expect(suggestion('scalkit', ['scalekit', 'inkress'])).toBe('Did you mean scalekit? There are: scalekit, inkress.');
});
