/* id.h - identifiers: random, and time-ordered where a table is kept in that order. */
#ifndef AGORALIA_ID_H
#define AGORALIA_ID_H

#include "common/base/str.h"

enum { UUID_SIZE = 37, CALL_ID_SIZE = 5 + 26 + 1, REQUEST_ID_SIZE = 4 + 26 + 1 };

/* Fill n bytes from the kernel; aborts if it cannot. */
void random_bytes(void *out, size_t n);

/* n letters and digits, almost six bits each; no NUL. */
void random_letters(char *out, size_t n);

/* Version 4 UUID, lower case, 36 characters. */
void uuid_make(char out[UUID_SIZE]);
bool uuid_valid(struct str s);

/* "call_" / "req_" + 26 characters of base32 (Crockford): 48 bits of time, 80 random. */
void call_id_make(char out[CALL_ID_SIZE]);
void request_id_make(char out[REQUEST_ID_SIZE]);

#endif
