/* radload: a RADIUS load generator and a fixed home server, to measure a proxy between them.
 *
 *   radload home ADDRESS PORT SECRET        answers until killed; PORT 0: any free one; prints {"port": N} first.
 *                                           Access-Request -> Access-Accept with Message-Authenticator, two MS-MPPE
 *                                           keys, Class, EAP-Success, User-Name; Accounting-Request -> its Response;
 *                                           Status-Server -> Access-Accept
 *   radload auth|acct|mac ADDRESS PORT SECRET [option value]...   mac: MAC authentication, whose answer is any Accept or Reject;
 *                                           acct: five hundred sessions at a time, of twenty records each
 *       -s SECONDS   how long to send (2)          -w WINDOW    most requests outstanding (64)
 *       -e ENDPOINTS sockets, each of its own      -p RATE      requests a second, open loop;
 *                    127.0.0.0/8 address (64)                   0: as fast as the window lets (0)
 *       -r REALM     realm of the identities       -t TIMEOUT   seconds until a request is lost (3)
 *       -n COUNT     stop after so many requests        -b PORT      source port of every endpoint (0: any), so that
 *                    (0: by time only)                               a second run is the same access points again
 *       -d DEVICES   of MAC authentication, one     -f FIRST     number of the first of them: 02-00-00-00-00-00 and on (0)
 *                    after the other (5000)
 *
 * Prints one line of JSON. Nothing is sent twice, so `lost` is exact: no valid answer within TIMEOUT. `bad` counts answers
 * to an outstanding request whose Response Authenticator, Message-Authenticator or MS-MPPE keys are wrong, `stray` those
 * that fit no outstanding request. Latency runs from the send call to the receive call. One thread; never a thread more.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "md5.h"

enum { USER = 1, CLASS = 25, VENDOR = 26, PROXY_STATE = 33, EAP = 79, SIGNATURE = 80, BATCH = 64, LONGEST = 4096, STATIONS = 5000 };
enum { VISITORS = 500, TWENTY = 20 }; /* of accounting */
enum { REQUEST = 1, ACCEPT = 2, REJECT = 3, ACCOUNTING = 4, ACCOUNTED = 5, STATUS = 12 };

typedef struct { /* buffers for one recvmmsg or sendmmsg */
  struct mmsghdr head[BATCH]; struct iovec vector[BATCH]; struct sockaddr_in from[BATCH]; uint8_t octets[BATCH][LONGEST];
} batch_t;
typedef struct { double sent; uint64_t serial; uint8_t authenticator[16]; } slot_t; /* serial 0: free */
typedef struct { uint32_t slot; uint64_t serial; } turn_t;
typedef struct {
  int accounting, mac, devices, first, window, endpoints, port; double seconds, rate, timeout; long count; const char *realm; hmac_t key; struct sockaddr_in target;
} plan_t;
typedef struct {
  long sent, done, lost, bad, stray, rejects, unsent; int outstanding, turn; double first, last; uint64_t noise;
  int *socket; uint8_t *next; slot_t *slot; turn_t *queue; long head, tail; float *latency; long room;
} state_t;
enum { QUEUE = 1 << 21 }; /* more than any rate sends within TIMEOUT; if it fills, sending waits */

static void fail(const char *what) { perror(what); exit(1); }
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }

/* ---- packets ---- */
static int put(uint8_t *p, int at, int type, const void *value, int size) {
  p[at] = type; p[at + 1] = size + 2; memcpy(p + at + 2, value, size);
  return at + size + 2;
}
static int number(uint8_t *p, int at, int type, uint32_t value) { return put(p, at, type, (uint8_t[]){value >> 24, value >> 16, value >> 8, value}, 4); }
static void measure(uint8_t *p, int size) { p[2] = size >> 8; p[3] = size; }
static int find(const uint8_t *p, int size, int type, int at) {
  for (; at + 1 < size && p[at + 1] >= 2 && at + p[at + 1] <= size; at += p[at + 1]) if (p[at] == type) return at;
  return 0;
}

/* RFC 2548, 2.4.2: a 32-octet key as length, key and padding, hidden by secret, Request Authenticator and salt. */
static void hide(const hmac_t *key, const uint8_t *authenticator, const uint8_t *salt, const uint8_t *in, uint8_t *out, int open) {
  uint8_t stream[16]; md5_t m;
  for (int at = 0; at < 48; at += 16) {
    md5_start(&m); md5_add(&m, key->octets, key->size);
    if (at) md5_add(&m, (open ? in : out) + at - 16, 16); else { md5_add(&m, authenticator, 16); md5_add(&m, salt, 2); }
    md5_end(&m, stream);
    for (int i = 0; i < 16; i++) out[at + i] = in[at + i] ^ stream[i];
  }
}
static int mppe(uint8_t *p, int at, const hmac_t *key, const uint8_t *authenticator, int kind, int octet) {
  uint8_t plain[48] = {32}, value[56] = {0, 0, 1, 0x37, kind, 52, 0x80, kind};
  memset(plain + 1, octet, 32);
  hide(key, authenticator, value + 6, plain, value + 8, 0);
  return put(p, at, VENDOR, value, 56);
}
static int opens(const uint8_t *p, int size, int at, const hmac_t *key, const uint8_t *authenticator, int kind, int octet) {
  uint8_t plain[48], good[33] = {32};
  if (!at || size < at + 58 || p[at + 1] != 58 || p[at + 6] != kind) return 0;
  memset(good + 1, octet, 32);
  hide(key, authenticator, p + at + 8, p + at + 10, plain, 1);
  return !memcmp(plain, good, 33);
}

/* ---- the home ---- */
static int answer(const hmac_t *key, const uint8_t *q, int size, uint8_t *r) {
  int at = 20, user = find(q, size, USER, 20);
  r[0] = q[0] == ACCOUNTING ? ACCOUNTED : ACCEPT; r[1] = q[1];
  if (r[0] == ACCEPT) {
    at = put(r, at, SIGNATURE, (uint8_t[16]){0}, 16);
    at = mppe(r, at, key, q + 4, 17, 0x5a); at = mppe(r, at, key, q + 4, 16, 0xa5);
    at = put(r, at, CLASS, "class-of-the-home", 17); at = put(r, at, EAP, "\x03\x01\x00\x04", 4);
    if (user) at = put(r, at, USER, q + user + 2, q[user + 1] - 2);
  }
  for (int o = 20; (o = find(q, size, PROXY_STATE, o)); o += q[o + 1]) at = put(r, at, PROXY_STATE, q + o + 2, q[o + 1] - 2);
  measure(r, at); memcpy(r + 4, q + 4, 16);
  if (r[0] == ACCEPT) hmac_md5(key, r, at, r + 22);
  md5_signed(key, r, at, r + 4);
  return at;
}
static batch_t *batch(void) {
  batch_t *b = calloc(1, sizeof *b);
  for (int i = 0; i < BATCH; i++) {
    b->vector[i] = (struct iovec){b->octets[i], LONGEST};
    b->head[i].msg_hdr = (struct msghdr){.msg_name = &b->from[i], .msg_namelen = sizeof b->from[i], .msg_iov = &b->vector[i], .msg_iovlen = 1};
  }
  return b;
}
static void widen(int fd) {
  int octets = 8 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets)) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
}
static void home(struct sockaddr_in at, const hmac_t *key) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0); socklen_t size = sizeof at;
  widen(fd);
  if (bind(fd, (void *)&at, size)) fail("bind");
  getsockname(fd, (void *)&at, &size);
  printf("{\"port\": %d}\n", ntohs(at.sin_port)); fflush(stdout);
  batch_t *in = batch(), *out = batch();
  for (;;) {
    for (int i = 0; i < BATCH; i++) in->head[i].msg_hdr.msg_namelen = sizeof in->from[i];
    int got = recvmmsg(fd, in->head, BATCH, MSG_WAITFORONE, NULL), ready = 0;
    for (int i = 0; i < got; i++) {
      const uint8_t *q = in->octets[i];
      if (in->head[i].msg_len < 20 || (q[0] != REQUEST && q[0] != ACCOUNTING && q[0] != STATUS)) continue;
      out->from[ready] = in->from[i];
      out->vector[ready].iov_len = answer(key, q, in->head[i].msg_len, out->octets[ready]); ready++;
    }
    for (int sent = 0, n; sent < ready; sent += n) if ((n = sendmmsg(fd, out->head + sent, ready - sent, 0)) < 1) break;
  }
}

/* ---- the load ---- */
static void noise(state_t *s, uint8_t out[16]) { /* xorshift64: authenticators need only differ here */
  for (int i = 0; i < 16; i += 8) {
    s->noise ^= s->noise << 13; s->noise ^= s->noise >> 7; s->noise ^= s->noise << 17;
    memcpy(out + i, &s->noise, 8);
  }
}
static int sign(const plan_t *plan, state_t *s, uint8_t *p, int at, uint8_t authenticator[16]) { /* Message-Authenticator last */
  int signature = at + 2;
  at = put(p, at, SIGNATURE, (uint8_t[16]){0}, 16);
  measure(p, at); noise(s, authenticator); memcpy(p + 4, authenticator, 16);
  hmac_md5(&plan->key, p, at, p + signature);
  return at;
}
static int macauth(const plan_t *plan, state_t *s, uint8_t *p, int id, uint8_t authenticator[16]) { /* RFC 2865, 5.6: Call-Check */
  char user[16], mac[24]; unsigned station = plan->first + s->sent % plan->devices; int at = 20;
  snprintf(user, sizeof user, "0200%08x", station);
  snprintf(mac, sizeof mac, "02-00-%02X-%02X-%02X-%02X", station >> 24, station >> 16 & 255, station >> 8 & 255, station & 255);
  p[0] = REQUEST; p[1] = id;
  at = put(p, at, USER, user, 12); at = put(p, at, 2, "sixteen octets..", 16); at = put(p, at, 4, "\x7f\0\0\1", 4);
  at = put(p, at, 6, "\0\0\0\x0a", 4); at = put(p, at, 32, "ap-017", 6); at = put(p, at, 31, mac, 17);
  at = put(p, at, 30, "AA-BB-CC-DD-EE-FF:City Wi-Fi", 28); at = put(p, at, 61, "\0\0\0\x13", 4);
  return sign(plan, s, p, at, authenticator);
}
/* Sessions of TWENTY records, one after another, of VISITORS at once, each at an endpoint of its own: Start, Interims, Stop, as
 * RFC 2866 and 2869 have them. */
static int account(const plan_t *plan, const state_t *s, uint8_t *p, int endpoint, int id, uint8_t authenticator[16]) {
  static uint32_t *begun, *told;
  int each = (VISITORS + plan->endpoints - 1) / plan->endpoints, at = 20;
  if (!begun) { begun = calloc((size_t)each * plan->endpoints, sizeof *begun); told = calloc(plan->endpoints, sizeof *told); }
  uint32_t said = told[endpoint]++, turn = said / each, step = turn % TWENTY; int who = endpoint * each + said % each;
  char user[160], mac[24], session[40];
  uint32_t wall = time(NULL), age = step ? wall - begun[who] : (begun[who] = wall, 0), down = step << 30 | who;
  int size = snprintf(user, sizeof user, "visitor%d%s%s", who, *plan->realm ? "@" : "", plan->realm);
  snprintf(mac, sizeof mac, "02-00-00-01-%02X-%02X", who >> 8, who & 255);
  p[0] = ACCOUNTING; p[1] = id;
  at = put(p, at, USER, user, size); at = put(p, at, 4, "\x7f\0\0\1", 4); at = put(p, at, 32, "ap-017", 6);
  at = put(p, at, 31, mac, 17); at = put(p, at, 30, "AA-BB-CC-DD-EE-FF:eduroam", 25); at = put(p, at, 61, "\0\0\0\x13", 4);
  at = number(p, at, 40, !step ? 1 : step == TWENTY - 1 ? 2 : 3);
  at = put(p, at, 44, session, snprintf(session, sizeof session, "%08x-%04x-%x", (unsigned)(s->first * 1000), who, turn / TWENTY));
  at = number(p, at, 8, 0x0a000000 | who); at = number(p, at, 55, wall); at = number(p, at, 41, 0);
  if (step) {
    at = number(p, at, 46, age); at = number(p, at, 42, step << 20); at = number(p, at, 52, 0);
    at = number(p, at, 43, down); at = number(p, at, 53, step >> 2);
  }
  memset(p + 4, 0, 16); measure(p, at); md5_signed(&plan->key, p, at, p + 4);
  memcpy(authenticator, p + 4, 16);
  return at;
}
static int request(const plan_t *plan, state_t *s, uint8_t *p, int endpoint, int id, uint8_t authenticator[16]) {
  if (plan->mac) return macauth(plan, s, p, id, authenticator);
  if (plan->accounting) return account(plan, s, p, endpoint, id, authenticator);
  char user[160], mac[24]; int station = s->sent % STATIONS, at = 20;
  int size = snprintf(user, sizeof user, "visitor%d%s%s", station, *plan->realm ? "@" : "", plan->realm);
  snprintf(mac, sizeof mac, "02-00-00-00-%02X-%02X", station >> 8, station & 255);
  p[0] = REQUEST; p[1] = id;
  at = put(p, at, USER, user, size); at = put(p, at, 4, "\x7f\0\0\1", 4); at = put(p, at, 32, "ap-017", 6);
  at = put(p, at, 31, mac, 17); at = put(p, at, 30, "AA-BB-CC-DD-EE-FF:eduroam", 25); at = put(p, at, 61, "\0\0\0\x13", 4);
  uint8_t eap[170] = {2, 1, 0, size + 5, 1}; /* EAP-Response/Identity, RFC 3748, 5.1 */
  memcpy(eap + 5, user, size);
  at = put(p, at, 12, "\0\0\x05\x78", 4); at = put(p, at, EAP, eap, size + 5);
  return sign(plan, s, p, at, authenticator);
}
static int post(const plan_t *plan, state_t *s) { /* 0: no room, come again after answers */
  uint8_t p[LONGEST];
  for (int tries = 0; tries < plan->endpoints; tries++) {
    int e = s->turn; s->turn = (e + 1) % plan->endpoints;
    uint32_t at = e * 256 + s->next[e];
    if (s->slot[at].serial) continue; /* its oldest identifier is still out: identifiers are never reused early */
    slot_t *slot = &s->slot[at];
    int size = request(plan, s, p, e, s->next[e], slot->authenticator);
    slot->sent = now();
    if (send(s->socket[e], p, size, 0) < 0) { s->unsent++; return 0; }
    s->next[e]++; slot->serial = ++s->sent; s->outstanding++;
    s->queue[s->tail++ % QUEUE] = (turn_t){at, slot->serial};
    return 1;
  }
  return 0;
}
static int verified(const plan_t *plan, uint8_t *r, int size, const uint8_t authenticator[16]) {
  uint8_t theirs[16], ours[16]; int signature = find(r, size, SIGNATURE, 20), first = find(r, size, VENDOR, 20);
  if ((r[2] << 8 | r[3]) != size) return 0;
  memcpy(theirs, r + 4, 16); memcpy(r + 4, authenticator, 16); md5_signed(&plan->key, r, size, ours);
  if (memcmp(theirs, ours, 16)) return 0;
  if (plan->accounting) return r[0] == ACCOUNTED;
  if (!signature || r[signature + 1] != 18) return 0;
  memcpy(theirs, r + signature + 2, 16); memset(r + signature + 2, 0, 16); hmac_md5(&plan->key, r, size, ours);
  if (memcmp(theirs, ours, 16)) return 0;
  if (r[0] != ACCEPT || plan->mac) return r[0] == REJECT || r[0] == ACCEPT;
  return opens(r, size, first, &plan->key, authenticator, 17, 0x5a)
    && opens(r, size, find(r, size, VENDOR, first + 58), &plan->key, authenticator, 16, 0xa5);
}
static void take(const plan_t *plan, state_t *s, int endpoint, uint8_t *r, int size, double at) {
  slot_t *slot = &s->slot[endpoint * 256 + r[1]];
  if (size < 20 || !slot->serial) { s->stray++; return; }
  if (!verified(plan, r, size, slot->authenticator)) { s->bad++; return; } /* not an answer: the request stays out */
  if (r[0] == REJECT) s->rejects++;
  if (s->done == s->room && !(s->latency = realloc(s->latency, (s->room = s->room * 2 + 65536) * sizeof *s->latency))) fail("realloc");
  s->latency[s->done++] = at - slot->sent;
  slot->serial = 0; s->outstanding--; s->last = at;
}
static void expire(const plan_t *plan, state_t *s, double at) {
  for (; s->head < s->tail; s->head++) {
    turn_t *turn = &s->queue[s->head % QUEUE]; slot_t *slot = &s->slot[turn->slot];
    if (slot->serial != turn->serial) continue; /* answered */
    if (at - slot->sent < plan->timeout) return;
    slot->serial = 0; s->outstanding--; s->lost++;
  }
}
static void sockets(const plan_t *plan, state_t *s, int poll) { /* from 127.16.0.1 on, an address each */
  struct rlimit files; getrlimit(RLIMIT_NOFILE, &files); files.rlim_cur = files.rlim_max; setrlimit(RLIMIT_NOFILE, &files);
  for (int i = 0; i < plan->endpoints; i++) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(plan->port), .sin_addr.s_addr = htonl(0x7f100001 + i)};
    if ((s->socket[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)) < 0) fail("socket");
    widen(s->socket[i]);
    if (bind(s->socket[i], (void *)&own, sizeof own)) fail("bind");
    if (connect(s->socket[i], (void *)&plan->target, sizeof plan->target)) fail("connect");
    struct epoll_event want = {.events = EPOLLIN, .data.u32 = i};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, s->socket[i], &want)) fail("epoll_ctl");
  }
}
static int ascending(const void *a, const void *b) { float x = *(float *)a, y = *(float *)b; return (x > y) - (x < y); }
static void report(const plan_t *plan, state_t *s) {
  double spent = s->last - s->first;
  qsort(s->latency, s->done, sizeof *s->latency, ascending);
#define AT(f) (s->done ? s->latency[(long)((s->done - 1) * (f))] * 1e3 : 0.)
  printf("{\"rate\": %.1f, \"sent\": %ld, \"done\": %ld, \"lost\": %ld, \"bad\": %ld, \"stray\": %ld, \"rejects\": %ld, \"unsent\": %ld, "
         "\"endpoints\": %d, \"seconds\": %.3f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f}\n",
         spent > 0 ? s->done / spent : 0, s->sent, s->done, s->lost, s->bad, s->stray, s->rejects, s->unsent, plan->endpoints, spent,
         AT(.5), AT(.99), AT(1));
}
static int load(const plan_t *plan) {
  state_t *s = calloc(1, sizeof *s); batch_t *in = batch(); struct epoll_event ready[BATCH];
  s->socket = calloc(plan->endpoints, sizeof *s->socket); s->next = calloc(plan->endpoints, 1);
  s->slot = calloc(plan->endpoints * 256ul, sizeof *s->slot); s->queue = calloc(QUEUE, sizeof *s->queue);
  int poll = epoll_create1(0), clock = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), more = 1;
  sockets(plan, s, poll);
  struct itimerspec tick = {{0, 1000000}, {0, 1000000}}; uint64_t ticks; /* paced: wake each millisecond at most, or at a sending's time */
  if (plan->rate > 1000) tick.it_interval.tv_nsec = 1e9 / plan->rate;
  if (plan->rate > 0) timerfd_settime(clock, 0, &tick, NULL);
  epoll_ctl(poll, EPOLL_CTL_ADD, clock, &(struct epoll_event){.events = EPOLLIN, .data.u32 = UINT32_MAX});
  s->first = s->last = now(); s->noise = 88172645463325252ull ^ (uint64_t)(s->first * 1e6);
  while (more || s->outstanding) {
    double at = now();
    more = at - s->first < plan->seconds && (!plan->count || s->sent < plan->count);
    expire(plan, s, at);
    for (int burst = BATCH; more && burst-- && s->outstanding < plan->window && s->tail - s->head < QUEUE; ) {
      if (plan->count && s->sent >= plan->count) break;
      if (plan->rate > 0 && s->sent >= (at - s->first) * plan->rate) break;
      if (!post(plan, s)) break;
    }
    int got = epoll_wait(poll, ready, BATCH, more && plan->rate <= 0 && s->outstanding < plan->window ? 0 : 10);
    for (int i = 0; i < got; i++) {
      if (ready[i].data.u32 == UINT32_MAX) { if (read(clock, &ticks, sizeof ticks) < 0 && errno != EAGAIN) fail("timerfd"); continue; }
      int e = ready[i].data.u32, n = recvmmsg(s->socket[e], in->head, plan->endpoints < BATCH ? BATCH : 4, MSG_DONTWAIT, NULL);
      at = now();
      for (int j = 0; j < n; j++) take(plan, s, e, in->octets[j], in->head[j].msg_len, at);
    }
  }
  report(plan, s);
  return 0;
}

int main(int count, char **word) {
  plan_t plan = {.devices = STATIONS, .window = 64, .endpoints = 64, .seconds = 2, .timeout = 3, .realm = ""};
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing is left behind when the bench is killed */
  if (count < 5) { fprintf(stderr, "usage: radload home|auth|acct|mac ADDRESS PORT SECRET [-s -w -e -p -r -t -n -b -d -f value]\n"); return 2; }
  plan.target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(word[3]))};
  if (inet_pton(AF_INET, word[2], &plan.target.sin_addr) != 1) { fprintf(stderr, "radload: %s is no IPv4 address\n", word[2]); return 2; }
  hmac_key(&plan.key, word[4]);
  plan.accounting = !strcmp(word[1], "acct"); plan.mac = !strcmp(word[1], "mac");
  for (int i = 5; i + 1 < count; i += 2) switch (word[i][1]) {
    case 's': plan.seconds = atof(word[i + 1]); break;
    case 'w': plan.window = atoi(word[i + 1]); break;
    case 'e': plan.endpoints = atoi(word[i + 1]); break;
    case 'p': plan.rate = atof(word[i + 1]); break;
    case 'r': plan.realm = word[i + 1]; break;
    case 't': plan.timeout = atof(word[i + 1]); break;
    case 'b': plan.port = atoi(word[i + 1]); break;
    case 'd': plan.devices = atoi(word[i + 1]); break;
    case 'f': plan.first = atoi(word[i + 1]); break;
    case 'n': plan.count = atol(word[i + 1]); break;
    default: fprintf(stderr, "radload: unknown option %s\n", word[i]); return 2;
  }
  if (strlen(plan.realm) > 100 || plan.devices < 1 || plan.endpoints < 1 || plan.endpoints > 65000) { fprintf(stderr, "radload: a value is out of range\n"); return 2; }
  if (strcmp(word[1], "home")) return load(&plan);
  home(plan.target, &plan.key);
  return 0;
}
