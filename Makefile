# Agoralia - build, check and prove.
#
#   make                  release binaries, hardened             -> build/release/
#   make DEBUG=1          -O0 -g3, assertions                    -> build/debug/
#   make SAN=address      also thread, undefined                 -> build/address/ ...
#   make CC=clang         any of the above                       -> build/clang-release/ ...
#   make unit             unit tests of this variant
#   make integration      integration tests, own Postgres and Redis
#   make check            gates, then unit and integration tests of this variant
#   make proof-versions   an older release, OLD=<commit>, and this one at once, killed again and again
#   make proof            strike at every system call, kill at random, then the control (tests/proof)
#   make CONTROL=1        the negative control of the proof      -> build/control/
#   make CONTROL=witness  that of the failover tests             -> build/control-witness/
#   make fuzz             build every fuzzer (clang)             -> build/clang-fuzz/
#   make model            every state of the dial engine's model (tests/unit/test_dial_model.c)
#   make oracle           the compliance engine against a slow oracle, CASES=1000000 facts made at random
#   make fmt              clang-format in place
#   make clean
#
# V=1 shows the commands.
#
# Sources are found by folder: common/*/*.c (and its one .cc), api/**.c, worker/**.c,
# tests/retell_sim/*.c, tests/{unit,integration,bench}/*.c, tests/fuzz/fuzz_*.c.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDARY:

ifeq ($(origin CC),default)
CC := gcc
endif
CXX := $(if $(findstring clang,$(CC)),clang++,g++)
PKGS := libpq hiredis libuv libcjson libcurl glib-2.0 openssl libseccomp libsodium libjwt

# ---- variant -------------------------------------------------------------
VARIANT := $(if $(SAN),$(SAN),$(if $(CONTROL),$(if $(filter witness,$(CONTROL)),control-witness,control),$(if $(DEBUG),debug,release)))
ifneq (,$(findstring clang,$(CC)))
VARIANT := clang-$(VARIANT)
endif
B := build/$(VARIANT)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wswitch-enum -Wvla -Wformat=2 -Werror=format-security -Wcast-qual -Wwrite-strings -Wundef \
        -Wpointer-arith -Wimplicit-fallthrough -Werror
ifeq (,$(findstring clang,$(CC)))
WARN += -Wtrampolines -Wbidi-chars=any
else
WARN += -Wno-gnu-zero-variadic-macro-arguments
endif

# Of the warnings C++ has not, and of the checks that its run time would be needed for.
WARN_CXX := $(filter-out -Wstrict-prototypes -Wmissing-prototypes -Wno-gnu-%,$(WARN)) -Wmissing-declarations

HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE \
          -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing
HARDEN_LD := -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,nodlopen,-z,separate-code

CFLAGS_release   := -O2 -g -D_FORTIFY_SOURCE=3 $(HARDEN)
ifeq (,$(findstring clang,$(CC)))
CFLAGS_release   += -ftrivial-auto-var-init=zero
endif
# A product that takes silence for a no: the proof must find the doubles this makes.
CFLAGS_control   := $(CFLAGS_release) -DAGORALIA_REFUTE_AT_ONCE
# A product that does not ask whether the database is still the one it was.
CFLAGS_control-witness := $(CFLAGS_release) -DAGORALIA_NO_WITNESS
CFLAGS_debug     := -O0 -g3 -fPIE -DAGORALIA_DEBUG
CFLAGS_address   := -O1 -g -fPIE -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CFLAGS_undefined := -O1 -g -fPIE -fsanitize=undefined -fno-sanitize-recover=all
CFLAGS_thread    := -O1 -g -fPIE -fsanitize=thread
CFLAGS_fuzz      := -O1 -g -fPIE -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link \
                    -fno-sanitize-recover=all
KIND := $(patsubst clang-%,%,$(VARIANT))
LDFLAGS_release  := $(HARDEN_LD)
LDFLAGS_control  := $(HARDEN_LD)
LDFLAGS_control-witness := $(HARDEN_LD)
LDFLAGS := -Wl,--as-needed $(or $(LDFLAGS_$(KIND)),-pie $(filter -fsanitize=%,$(CFLAGS_$(KIND))))

CPPFLAGS := -std=gnu11 -D_GNU_SOURCE -fno-common -I. -I$(B)/gen $(shell pkg-config --cflags $(PKGS))
CFLAGS   := $(WARN) $(CFLAGS_$(KIND))
CXXFLAGS := -std=c++17 -I. $(WARN_CXX) $(CFLAGS_$(KIND)) $(if $(findstring undefined,$(CFLAGS_$(KIND))),-fno-sanitize=vptr)
LIBS     := $(shell pkg-config --libs $(PKGS)) -lcsv -lphonenumber -lstdc++ -lm -lpthread

# ---- sources -------------------------------------------------------------
COMMON := $(wildcard common/*/*.c common/*/*.cc)
API    := $(wildcard api/*.c api/handlers/*.c)
WORKER := $(wildcard worker/*.c worker/actors/*.c)
CLI    := $(wildcard worker/cli/*.c)
SIM    := $(wildcard tests/retell_sim/*.c)
SUPPORT := $(wildcard tests/support/*.c)
Q := $(if $(V),,@)
# make -s says nothing.
say = $(if $(findstring s,$(firstword -$(MAKEFLAGS))),@:,@printf '  %-5s %s\n' $(1) $@)

obj = $(addprefix $(B)/obj/,$(addsuffix .o,$(basename $(1))))
LIB_OBJ := $(call obj,$(COMMON)) $(B)/obj/gen/queries.o $(B)/obj/gen/embedded.o $(B)/obj/gen/phone_tables.o
# What a test may link: everything but the main()s.
TEST_OBJ := $(filter-out %/main.o,$(call obj,$(API) $(WORKER) $(CLI) $(SIM))) $(call obj,$(SUPPORT)) $(LIB_OBJ)

BINS := agoralia-api agoralia-worker agoralia retell-sim
UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
INTEGRATION := $(patsubst tests/integration/%.c,$(B)/integration/%,$(wildcard tests/integration/test_*.c))
BENCH := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

all: $(addprefix $(B)/,$(BINS))

# ---- generated -----------------------------------------------------------
QUERIES    := $(sort $(wildcard sql/queries/*.sql))
EMBEDDED   := $(sort $(wildcard sql/migrations/*.sql sql/seed/* common/queue/*.lua))

$(B)/gen/queries.c $(B)/gen/queries.h &: scripts/embed_sql $(QUERIES)
	@mkdir -p $(B)/gen
	$(Q)scripts/embed_sql $(B)/gen $(QUERIES)

$(B)/gen/embedded.c: scripts/embed_files $(EMBEDDED)
	@mkdir -p $(B)/gen
	$(Q)scripts/embed_files $@ $(EMBEDDED)

PHONE_CORRECTIONS := common/number/phone_corrections.def

$(B)/gen/phone_tables.c $(B)/gen/phone_tables.h &: scripts/make_phone_tables $(PHONE_CORRECTIONS)
	@mkdir -p $(B)/gen
	$(Q)scripts/make_phone_tables $(B)/gen $(PHONE_CORRECTIONS)

# ---- objects and binaries ------------------------------------------------
$(B)/obj/%.o: %.c | $(B)/gen/queries.h $(B)/gen/phone_tables.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(B)/obj/%.o: %.cc
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(CXX) $(CXXFLAGS) -MMD -MP -c $< -o $@

# Embedded texts may be longer than what C99 promises.
$(B)/obj/gen/%.o: $(B)/gen/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-overlength-strings -MMD -MP -c $< -o $@

$(B)/agoralia-api: $(call obj,$(API)) $(LIB_OBJ)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) $^ -o $@ -lcivetweb $(LIBS)

$(B)/agoralia-worker: $(call obj,$(WORKER)) $(LIB_OBJ)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) $^ -o $@ $(LIBS)

$(B)/agoralia: $(call obj,$(CLI)) $(LIB_OBJ)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) $^ -o $@ $(LIBS)

$(B)/retell-sim: $(call obj,$(SIM)) $(LIB_OBJ)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) $^ -o $@ $(LIBS)

$(UNIT): $(B)/unit/%: $(B)/obj/tests/unit/%.o $(TEST_OBJ)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) $^ -o $@ -lcmocka -lcivetweb $(LIBS)

$(INTEGRATION): $(B)/integration/%: $(B)/obj/tests/integration/%.o $(TEST_OBJ)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) $^ -o $@ -lcmocka -lcivetweb $(LIBS)

$(BENCH): $(B)/bench/%: $(B)/obj/tests/bench/%.o $(TEST_OBJ)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) $^ -o $@ -lcmocka -lcivetweb $(LIBS)

$(FUZZ): $(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(TEST_OBJ)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer $^ -o $@ -lcmocka -lcivetweb $(LIBS)

$(B)/proof/%.so: tests/proof/%.c
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -fPIC -shared $(WARN) $< -o $@ -ldl

# ---- tests and gates -----------------------------------------------------
unit-build: $(UNIT)
integration-build: $(INTEGRATION)
bench-build: $(BENCH)
fuzz-build: $(FUZZ)

unit: $(UNIT)
	@set -e; for t in $(UNIT); do $$t; done

integration: $(INTEGRATION) $(addprefix $(B)/,$(BINS))
	@tests/support/with_services sh -c 'set -e; for t in $(INTEGRATION); do BUILD=$(B) $$t; done'

fuzz:
	$(MAKE) CC=clang SAN=fuzz fuzz-build

# The dial engine's whole state space: three attempts a row; minutes and some gigabytes.
model: $(B)/unit/test_dial_model
	MODEL_TRIES=3 $(B)/unit/test_dial_model

# The compliance engine against the slow oracle, a million times: minutes.
oracle: $(B)/unit/test_engine_oracle
	ORACLE_CASES=$(or $(CASES),1000000) $(B)/unit/test_engine_oracle

# A thousand halts under load (the end-to-end tests do sixty).
proof-halts: all
	HALTS=1000 BUILD=$(B) python3 tests/e2e/test_halt.py

# Two releases at once: make proof-versions OLD=<commit>
proof-versions: all
	@test -n "$(OLD)" || { echo "which older release? make proof-versions OLD=<commit>" >&2; exit 1; }
	rm -rf build/older && git worktree prune && git worktree add --detach build/older $(OLD)
	$(MAKE) -C build/older all
	OLD_BUILD=$(CURDIR)/build/older/build/release BUILD=$(B) python3 tests/e2e/test_versions.py
	git worktree remove --force build/older

# KILLS and LANES may be given: make proof KILLS=100000 LANES=3.  Last, the control must double.
proof: proof-build
	BUILD=$(B) tests/proof/prove all --kills $(or $(KILLS),20000) --lanes $(or $(LANES),2)
	BUILD=$(B) tests/proof/prove control
	$(MAKE) CONTROL=1 proof-build
	BUILD=build/$(if $(findstring clang,$(CC)),clang-)control tests/proof/prove control --doubles

proof-build: all $(B)/proof/killat.so $(B)/proof/crashon.so

gates:
	scripts/check_layers
	scripts/check_sql
	scripts/check_style

check: gates unit integration

fmt:
	clang-format-14 -i $(shell git ls-files '*.c' '*.cc' '*.h')

clean:
	rm -rf build

.PHONY: all model oracle proof-halts proof-versions unit-build integration-build bench-build fuzz-build unit integration fuzz proof proof-build gates check fmt clean

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
