/* The clock that programs read without a call: code in the place of the vDSO's, and a page that all of them share. */
#include "supervisor.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define MOST_LOOKS 500 /* that a program may take by itself before it is seen again: so a loop that waits is noticed */
#define SCRATCH 512    /* below the stack's red zone nothing of the program's lies */
#define SYSTEM_CALL "\x0f\x05"
#define A_JUMP 5       /* bytes */

/* What the code below reads: at these places. */
struct page {
    ns_t now;      /* 0 */
    ns_t epoch;    /* 8 */
    int32_t looks; /* 16: how many are left */
};

/* Takes a look, and what time it is before it into rax; at label 1 the clock is read by a call. */
#define A_LOOK_AT_NOW \
    "    cmpl $0, 16(%r8)\n" \
    "    jle 1f\n" \
    "    lock decl 16(%r8)\n" \
    "    mov $1000, %eax\n" /* A_LOOK */ \
    "    lock xadd %rax, (%r8)\n"

/* Three functions for the vDSO's three; the page's address is filled in where each begins. Those clocks that are not
 * virtual, and all of them when no looks are left, are read by a call, which stops. */
extern const char code_begin[], code_of_day[], code_time[], code_end[];
__asm__(".pushsection .rodata\n"
        "code_begin:\n"               /* int clock_gettime(clockid_t edi, struct timespec *rsi) */
        "    movabs $0, %r8\n"
        "    cmp $11, %edi\n"
        "    ja 1f\n"
        "    mov $0xbf3, %eax\n"      /* those that are virtual */
        "    bt %edi, %eax\n"
        "    jnc 1f\n"
        A_LOOK_AT_NOW
        "    mov $0x921, %ecx\n"      /* those of the calendar: REALTIME, its COARSE and ALARM, and TAI */
        "    bt %edi, %ecx\n"
        "    jc 2f\n"
        "    movabs $1000000000000, %rcx\n" /* BOOT */
        "    add %rcx, %rax\n"
        "    jmp 3f\n"
        "2:  add 8(%r8), %rax\n"
        "3:  xor %edx, %edx\n"
        "    mov $1000000000, %ecx\n"
        "    div %rcx\n"
        "    mov %rax, (%rsi)\n"
        "    mov %rdx, 8(%rsi)\n"
        "    xor %eax, %eax\n"
        "    ret\n"
        "1:  mov $228, %eax\n"        /* SYS_clock_gettime */
        "    syscall\n"
        "    ret\n"
        "code_of_day:\n"              /* int gettimeofday(struct timeval *rdi, struct timezone *rsi) */
        "    movabs $0, %r8\n"
        A_LOOK_AT_NOW
        "    add 8(%r8), %rax\n"
        "    test %rdi, %rdi\n"
        "    jz 2f\n"
        "    xor %edx, %edx\n"
        "    mov $1000000000, %ecx\n"
        "    div %rcx\n"
        "    mov %rax, (%rdi)\n"
        "    mov %edx, %eax\n"
        "    xor %edx, %edx\n"
        "    mov $1000, %ecx\n"
        "    div %ecx\n"
        "    mov %rax, 8(%rdi)\n"
        "2:  test %rsi, %rsi\n"
        "    jz 3f\n"
        "    movq $0, (%rsi)\n"
        "3:  xor %eax, %eax\n"
        "    ret\n"
        "1:  mov $96, %eax\n"         /* SYS_gettimeofday */
        "    syscall\n"
        "    ret\n"
        "code_time:\n"                /* time_t time(time_t *rdi) */
        "    movabs $0, %r8\n"
        A_LOOK_AT_NOW
        "    add 8(%r8), %rax\n"
        "    xor %edx, %edx\n"
        "    mov $1000000000, %ecx\n"
        "    div %rcx\n"
        "    test %rdi, %rdi\n"
        "    jz 2f\n"
        "    mov %rax, (%rdi)\n"
        "2:  ret\n"
        "1:  mov $201, %eax\n"        /* SYS_time */
        "    syscall\n"
        "    ret\n"
        "code_end:\n"
        ".popsection\n");

_Static_assert(A_LOOK == 1000 && BOOT == 1000000000000, "as in the code above");
_Static_assert(offsetof(struct page, epoch) == 8 && offsetof(struct page, looks) == 16, "as in the code above");

#define AN_ADDRESS 2 /* bytes into each of them stands the page's address */
#define LONGEST_CODE 512

static struct page own;
static struct page *page = &own;
static int page_fd = -1;

/* Where the functions of this kernel's vDSO are, from its beginning, and an instruction that makes a call. */
static struct { unsigned long clock, of_day, time, instruction; } places;

ns_t now(void) { return __atomic_load_n(&page->now, __ATOMIC_SEQ_CST); }

/* Move time to, or past, an instant; never back. */
void set_now(ns_t to)
{
    ns_t at = now();
    while (at < to && !__atomic_compare_exchange_n(&page->now, &at, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
}

void pass(ns_t span) { __atomic_fetch_add(&page->now, span, __ATOMIC_SEQ_CST); }

/* Let programs read clocks by themselves again: something has been seen of them. */
void allow_looks(bool is_allowed) { __atomic_store_n(&page->looks, is_allowed ? MOST_LOOKS : 0, __ATOMIC_SEQ_CST); }

static bool find_places(void)
{
    const char *vdso = (const char *)getauxval(AT_SYSINFO_EHDR);
    if (!vdso)
        return false;
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)vdso;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(vdso + head->e_shoff);
    unsigned long room = 0;
    for (int i = 0; head->e_shoff && i < head->e_shnum; i++) {
        if (sections[i].sh_type != SHT_DYNSYM)
            continue;
        const Elf64_Sym *symbols = (const Elf64_Sym *)(vdso + sections[i].sh_offset);
        const char *names = vdso + sections[sections[i].sh_link].sh_offset;
        for (size_t j = 0; j < sections[i].sh_size / sizeof *symbols; j++) {
            const char *name = names + symbols[j].st_name;
            if (!strcmp(name, "__vdso_clock_gettime"))
                places.clock = symbols[j].st_value, room = symbols[j].st_size;
            else if (!strcmp(name, "__vdso_gettimeofday"))
                places.of_day = symbols[j].st_value;
            else if (!strcmp(name, "__vdso_time"))
                places.time = symbols[j].st_value;
        }
    }
    const char *call = memmem(vdso, PAGE, SYSTEM_CALL, 2);
    places.instruction = call ? (unsigned long)(call - vdso) : 0;
    return room >= (size_t)(code_end - code_begin) && places.of_day && places.time && call;
}

/* Begin to keep the time; without a page that programs can share, or a vDSO as it is known, all clocks are calls. */
void begin_clock(ns_t elapsed)
{
    own = (struct page){elapsed, epoch, 0};
    if (!find_places())
        return;
    int fd = memfd_create("clock", MFD_CLOEXEC);
    void *shared = MAP_FAILED;
    if (fd >= 0 && !ftruncate(fd, PAGE))
        shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED) {
        if (fd >= 0)
            close(fd);
        return;
    }
    page_fd = fd;
    page = shared;
    *page = own;
}

/* -- Into a program */

struct loan {
    pid_t tid;
    struct user_regs_struct before;
    unsigned long vdso;
    int interruption; /* what the program stopped for instead; 0 for nothing */
};

static bool to_next_stop(struct loan *loan)
{
    int status;
    if (ptrace(PTRACE_SYSCALL, loan->tid, 0, 0) || waitpid(loan->tid, &status, __WALL) != loan->tid)
        return false;
    if (WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80))
        return true;
    loan->interruption = status;
    return false;
}

/* Let the program make a call, and return its result; negative where it fails, or has come to something else. */
static long make_call(struct loan *loan, long nr, const unsigned long arguments[6])
{
    struct user_regs_struct regs = loan->before;
    regs.rip = loan->vdso + places.instruction;
    regs.rax = (unsigned long long)nr;
    regs.orig_rax = (unsigned long long)-1;
    regs.rdi = arguments[0];
    regs.rsi = arguments[1];
    regs.rdx = arguments[2];
    regs.r10 = arguments[3];
    regs.r8 = arguments[4];
    regs.r9 = arguments[5];
    if (ptrace(PTRACE_SETREGS, loan->tid, 0, &regs) || !to_next_stop(loan) || !to_next_stop(loan) ||
        ptrace(PTRACE_GETREGS, loan->tid, 0, &regs))
        return -EINTR;
    return (long)regs.rax;
}

/* Let the program map the page, and return where. */
static long map_page(struct loan *loan)
{
    struct { struct open_how how; char path[64]; } told = {.how = {.flags = O_RDWR | O_CLOEXEC}};
    unsigned long at = loan->before.rsp - SCRATCH;
    snprintf(told.path, sizeof told.path, "/proc/%d/fd/%d", getpid(), page_fd);
    if (!poke(loan->tid, at, &told, sizeof told))
        return -EFAULT;
    unsigned long path = at + offsetof(__typeof__(told), path);
    long fd = make_call(loan, SYS_openat2, (unsigned long[6]){(unsigned long)AT_FDCWD, path, at, sizeof told.how});
    if (fd < 0)
        return fd;
    unsigned long mapping[6] = {0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, (unsigned long)fd, 0};
    long mapped = make_call(loan, SYS_mmap, mapping);
    if (loan->interruption || make_call(loan, SYS_close, (unsigned long[6]){(unsigned long)fd}))
        return -EINTR;
    return mapped;
}

static bool write_jump(int memory, unsigned long vdso, unsigned long from, unsigned long to)
{
    char jump[A_JUMP] = "\xe9";
    int32_t distance = (int32_t)(to - from - A_JUMP);
    memcpy(jump + 1, &distance, sizeof distance);
    return pwrite(memory, jump, sizeof jump, (off_t)(vdso + from)) == sizeof jump;
}

/* Put our functions in the place of the vDSO's; its pages become the program's own with that. */
static bool write_code(const struct loan *loan, unsigned long mapped)
{
    char code[LONGEST_CODE], path[40];
    size_t size = (size_t)(code_end - code_begin), begins[] = {0, (size_t)(code_of_day - code_begin),
                                                               (size_t)(code_time - code_begin)};
    memcpy(code, code_begin, size);
    for (int i = 0; i < 3; i++)
        memcpy(code + begins[i] + AN_ADDRESS, &mapped, sizeof mapped);
    snprintf(path, sizeof path, "/proc/%d/mem", loan->tid);
    int memory = open(path, O_WRONLY | O_CLOEXEC);
    /* The jumps first: should the rest fail, the vDSO is hidden, and nobody comes to them. */
    bool is_written = memory >= 0 && write_jump(memory, loan->vdso, places.of_day, places.clock + begins[1]) &&
                      write_jump(memory, loan->vdso, places.time, places.clock + begins[2]) &&
                      pwrite(memory, code, size, (off_t)(loan->vdso + places.clock)) == (ssize_t)size;
    if (memory >= 0)
        close(memory);
    return is_written;
}

static bool lend(struct loan *loan)
{
    uint64_t all = ~0ULL, mask;
    if (page_fd < 0 || ptrace(PTRACE_GETSIGMASK, loan->tid, sizeof mask, &mask) ||
        ptrace(PTRACE_SETSIGMASK, loan->tid, sizeof all, &all))
        return false;
    long mapped = to_next_stop(loan) ? map_page(loan) : -EINTR; /* the first is the end of the exec itself */
    bool is_lent = mapped > 0 && write_code(loan, (unsigned long)mapped);
    ptrace(PTRACE_SETSIGMASK, loan->tid, sizeof mask, &mask);
    ptrace(PTRACE_SETREGS, loan->tid, 0, &loan->before);
    return is_lent;
}

/* Bring the clock into a new program, which has just replaced another one; where that cannot be, take the vDSO out of
 * its reach, so that it makes calls. Returns what else the program has stopped for, or how it ended; 0 for nothing. */
int bring_clock(pid_t tid)
{
    struct loan loan = {.tid = tid};
    unsigned long word, end = 1 /* AT_IGNORE */;
    if (ptrace(PTRACE_GETREGS, tid, 0, &loan.before))
        return 0;
    if (loan.before.cs == 0x23) {
        note_problem("it started a program of 32 bits, whose clocks are not covered", false);
        return 0;
    }
    unsigned long at = loan.before.rsp;
    if (!peek(tid, at, &word, sizeof word))
        return 0;
    at += sizeof word * (word + 2); /* the arguments' number, the arguments, and their end */
    for (; peek(tid, at, &word, sizeof word) && word; at += sizeof word)
        ;
    at += sizeof word;
    while (peek(tid, at, &word, sizeof word) && word && word != AT_SYSINFO_EHDR)
        at += 2 * sizeof word;
    if (word != AT_SYSINFO_EHDR || !peek(tid, at + sizeof word, &loan.vdso, sizeof loan.vdso))
        return 0;
    if (!lend(&loan))
        poke(tid, at, &end, sizeof end);
    return loan.interruption;
}
