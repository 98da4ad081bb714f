/* processes.c - /proc, read. */

#include "tests/support/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* PID (NAME) STATE PPID PGRP ...; a zombie does not live. */
static bool lives_in(pid_t pid, pid_t group, const char *wanted)
{
    char path[64], line[512] = "", name[32] = "", state = 'Z';
    int parent = 0, pgrp = 0;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    bool read = fgets(line, sizeof(line), f)
                && sscanf(line, "%*d (%31[^)]) %c %d %d", name, &state, &parent, &pgrp) == 4;
    fclose(f);
    return read && state != 'Z' && state != 'X' && pgrp == group
           && (!wanted || strcmp(name, wanted) == 0);
}

int processes_of(pid_t group, const char *name, pid_t *out, int max)
{
    DIR *dir = opendir("/proc");
    struct dirent *e;
    int n = 0;

    while (dir && (e = readdir(dir))) {
        pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
        if (pid <= 0 || !lives_in(pid, group, name))
            continue;
        if (out && n < max)
            out[n] = pid;
        n++;
    }
    if (dir)
        closedir(dir);
    return n;
}

bool process_status_is(pid_t pid, const char *field, const char *value)
{
    char path[64], line[256], want[64];
    bool found = false;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    snprintf(want, sizeof(want), "%s:\t%s\n", field, value);
    FILE *f = fopen(path, "re");
    while (f && !found && fgets(line, sizeof(line), f))
        found = strcmp(line, want) == 0;
    if (f)
        fclose(f);
    return found;
}

static bool range_has(int fd, unsigned long from, unsigned long to, const char *text)
{
    size_t n = to - from;
    char *bytes = malloc(n);
    bool found = false;

    if (bytes) {
        ssize_t got = pread(fd, bytes, n, (off_t)from);
        found = got > 0 && memmem(bytes, (size_t)got, text, strlen(text));
    }
    free(bytes);
    return found;
}

bool process_memory_has(pid_t pid, const char *text)
{
    char path[64], line[512], rights[8];
    unsigned long from, to;
    bool found = false;

    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    while (fd >= 0 && maps && !found && fgets(line, sizeof(line), maps))
        if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) == 3 && rights[1] == 'w'
            && to - from < (1UL << 30))
            found = range_has(fd, from, to, text);
    if (maps)
        fclose(maps);
    if (fd >= 0)
        close(fd);
    return found;
}

bool process_environ_has(pid_t pid, const char *text)
{
    char path[64], bytes[64 * 1024];

    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, bytes, sizeof(bytes));
    if (fd >= 0)
        close(fd);
    return got > 0 && memmem(bytes, (size_t)got, text, strlen(text));
}
