// sanitizer.h - which sanitizer this is compiled with: gcc and clang tell it in
// different ways.
#ifndef COMMON_RUNTIME_SIM_SANITIZER_H
#define COMMON_RUNTIME_SIM_SANITIZER_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#if __has_feature(thread_sanitizer)
#define WITH_TSAN
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN
#endif
#ifdef __SANITIZE_THREAD__
#define WITH_TSAN
#endif

#if defined(WITH_ASAN) || defined(WITH_TSAN)
#define WITH_SANITIZER
#endif

#endif
