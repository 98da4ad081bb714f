/* multipart_head.h - the headers of one part.  Private to multipart.c. */
#ifndef AGORALIA_MULTIPART_HEAD_H
#define AGORALIA_MULTIPART_HEAD_H

#include "api/multipart.h"

#include <stddef.h>

/*
 * Read header lines up to and with the empty one.  part points into head, where
 * quoted text is unescaped in place.  NULL, or why the part is refused.
 */
const char *multipart_read_head(char *head, size_t n, struct multipart_part *part);

/* Cut a parameter (name=value or name="value") off the front of *at, after its ';'. */
bool multipart_read_param(char **at, const char *end, struct str *name, struct str *value);

#endif
