/* MD5 (RFC 1321) and HMAC-MD5 (RFC 2104) for the load generator: no library to install, no lock to take.
 * Never used by the controller itself. */
#ifndef MD5_H
#define MD5_H
#include <stdint.h>
#include <string.h>

typedef struct { uint32_t word[4]; uint64_t length; uint8_t block[64]; } md5_t;
typedef struct { md5_t inner, outer; uint8_t octets[128]; size_t size; } hmac_t; /* a secret, its pads hashed once */

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define STEP(f, a, b, c, d, w, k, n) (a) = (b) + ROTATE((a) + (f) + (w) + (k), n)
#define F(b, c, d) ((((c) ^ (d)) & (b)) ^ (d))
#define G(b, c, d) ((((b) ^ (c)) & (d)) ^ (c))
#define H(b, c, d) ((b) ^ (c) ^ (d))
#define I(b, c, d) ((c) ^ ((b) | ~(d)))
#define FOUR(f, i, j, k, l, p, q, r, s, n, o, t, u)                                                        \
  STEP(f(b, c, d), a, b, c, d, w[i], p, n); STEP(f(a, b, c), d, a, b, c, w[j], q, o);                      \
  STEP(f(d, a, b), c, d, a, b, w[k], r, t); STEP(f(c, d, a), b, c, d, a, w[l], s, u);

static void md5_block(md5_t *m, const uint8_t *octets) {
  uint32_t w[16], a = m->word[0], b = m->word[1], c = m->word[2], d = m->word[3];
  memcpy(w, octets, 64); /* little-endian machines only, as all that Debian's amd64 and arm64 run on */
  FOUR(F, 0, 1, 2, 3, 0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 7, 12, 17, 22)
  FOUR(F, 4, 5, 6, 7, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 7, 12, 17, 22)
  FOUR(F, 8, 9, 10, 11, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 7, 12, 17, 22)
  FOUR(F, 12, 13, 14, 15, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 7, 12, 17, 22)
  FOUR(G, 1, 6, 11, 0, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 5, 9, 14, 20)
  FOUR(G, 5, 10, 15, 4, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8, 5, 9, 14, 20)
  FOUR(G, 9, 14, 3, 8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 5, 9, 14, 20)
  FOUR(G, 13, 2, 7, 12, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 5, 9, 14, 20)
  FOUR(H, 5, 8, 11, 14, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 4, 11, 16, 23)
  FOUR(H, 1, 4, 7, 10, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 4, 11, 16, 23)
  FOUR(H, 13, 0, 3, 6, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 4, 11, 16, 23)
  FOUR(H, 9, 12, 15, 2, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 4, 11, 16, 23)
  FOUR(I, 0, 7, 14, 5, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 6, 10, 15, 21)
  FOUR(I, 12, 3, 10, 1, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1, 6, 10, 15, 21)
  FOUR(I, 8, 15, 6, 13, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 6, 10, 15, 21)
  FOUR(I, 4, 11, 2, 9, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391, 6, 10, 15, 21)
  m->word[0] += a; m->word[1] += b; m->word[2] += c; m->word[3] += d;
}

static void md5_start(md5_t *m) {
  *m = (md5_t){.word = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};
}

static void md5_add(md5_t *m, const void *octets, size_t size) {
  const uint8_t *p = octets;
  size_t held = m->length & 63, room = 64 - held;
  m->length += size;
  if (held && size >= room) { memcpy(m->block + held, p, room); md5_block(m, m->block); p += room; size -= room; held = 0; }
  if (!held) for (; size >= 64; p += 64, size -= 64) md5_block(m, p);
  memcpy(m->block + held, p, size);
}

static void md5_end(md5_t *m, uint8_t digest[16]) {
  static const uint8_t padding[64] = {0x80};
  uint64_t bits = m->length * 8;
  size_t held = m->length & 63;
  md5_add(m, padding, (held < 56 ? 56 : 120) - held);
  md5_add(m, &bits, 8);
  memcpy(digest, m->word, 16);
}

static void hmac_key(hmac_t *key, const char *secret) {
  uint8_t pad[64] = {0};
  key->size = strnlen(secret, sizeof key->octets);
  memcpy(key->octets, secret, key->size);
  if (key->size > 64) { md5_t m; md5_start(&m); md5_add(&m, secret, key->size); md5_end(&m, pad); }
  else memcpy(pad, secret, key->size);
  for (int i = 0; i < 64; i++) pad[i] ^= 0x36;
  md5_start(&key->inner); md5_add(&key->inner, pad, 64);
  for (int i = 0; i < 64; i++) pad[i] ^= 0x36 ^ 0x5c;
  md5_start(&key->outer); md5_add(&key->outer, pad, 64);
}

static void hmac_md5(const hmac_t *key, const void *octets, size_t size, uint8_t digest[16]) {
  md5_t m = key->inner;
  md5_add(&m, octets, size); md5_end(&m, digest);
  m = key->outer;
  md5_add(&m, digest, 16); md5_end(&m, digest);
}

/* MD5 of a packet and then the secret: a Response Authenticator, or an Accounting-Request's own (RFC 2865, 3; RFC 2866, 3). */
static void md5_signed(const hmac_t *key, const void *octets, size_t size, uint8_t digest[16]) {
  md5_t m;
  md5_start(&m); md5_add(&m, octets, size); md5_add(&m, key->octets, key->size); md5_end(&m, digest);
}
#endif
