/* Environment variables that a program with the rights of another user must not inherit (ld.so(8), secure-execution mode). */
#define UNSECURE_ENVVARS                                                                                                \
  "GCONV_PATH\0"                                                                                                        \
  "GETCONF_DIR\0"                                                                                                       \
  "GLIBC_TUNABLES\0"                                                                                                    \
  "HOSTALIASES\0"                                                                                                       \
  "LD_AUDIT\0"                                                                                                          \
  "LD_DEBUG\0"                                                                                                          \
  "LD_DEBUG_OUTPUT\0"                                                                                                   \
  "LD_DYNAMIC_WEAK\0"                                                                                                   \
  "LD_LIBRARY_PATH\0"                                                                                                   \
  "LD_ORIGIN_PATH\0"                                                                                                    \
  "LD_PRELOAD\0"                                                                                                        \
  "LD_PROFILE\0"                                                                                                        \
  "LD_SHOW_AUXV\0"                                                                                                      \
  "LOCALDOMAIN\0"                                                                                                       \
  "LOCPATH\0"                                                                                                           \
  "MALLOC_TRACE\0"                                                                                                      \
  "NIS_PATH\0"                                                                                                          \
  "NLSPATH\0"                                                                                                           \
  "RESOLV_HOST_CONF\0"                                                                                                  \
  "RES_OPTIONS\0"                                                                                                       \
  "TMPDIR\0"
