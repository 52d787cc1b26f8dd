import { expect, test } from 'vitest'
import { ownHosts } from '../../src/web/own-host.ts'

const isOwn = ownHosts(['bridge.example.org', '::1'])

test.each([
  'localhost',
  'localhost:8080',
  'LOCALHOST:8080',
  '127.0.0.1:8080',
  '[::1]:8080',
  '[fe80::1]',
  '10.1.2.3',
  'bridge.example.org',
  'Bridge.Example.org:443',
  'bridge.example.org.:8080',
])('%j is our own', (host) => {
  expect(isOwn(host)).toBe(true)
})

test.each([
  '',
  ':8080',
  'evil.example.org',
  'bridge.example.org.evil.example.org',
  'localhost.evil.example.org',
  '127.0.0.1.evil.example.org',
  'evil.example.org:80@localhost',
  'localhost@evil.example.org',
  'evil.example.org/localhost',
  'evil.example.org#localhost',
  '[::1].evil.example.org',
  'a b',
])('%j is not', (host) => {
  expect(isOwn(host)).toBe(false)
})
