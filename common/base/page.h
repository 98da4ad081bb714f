/* page.h - which part of a list a client asked for; members of a query struct. */
#ifndef AGORALIA_PAGE_H
#define AGORALIA_PAGE_H

enum { PAGE_LIMIT_DEFAULT = 25, PAGE_LIMIT_MAX = 200, PAGE_OFFSET_MAX = 100000 };

/* Rows for a field table of struct T with int32_t limit and offset. */
#define PAGE_FIELDS(T) \
    FIELD(T, limit, .flags = F_NOT_NULL, .min = 1, .max = PAGE_LIMIT_MAX), \
        FIELD(T, offset, .flags = F_NOT_NULL, .min = 0, .max = PAGE_OFFSET_MAX)

#endif
