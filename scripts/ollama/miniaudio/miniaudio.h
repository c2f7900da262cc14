// What Ollama's sources use of miniaudio, which its Go module does not carry: the
// decoding of sound. Here nothing is decoded; every call says so.
#pragma once
#include <cstddef>
#include <cstdint>
typedef uint64_t ma_uint64;
typedef uint32_t ma_uint32;
typedef enum { MA_SUCCESS = 0, MA_ERROR = -1 } ma_result;
typedef enum { ma_format_unknown, ma_format_f32 } ma_format;
typedef enum { ma_encoding_format_unknown, ma_encoding_format_wav } ma_encoding_format;
struct ma_decoder_config {};
struct ma_decoder {};
struct ma_encoder_config {};
struct ma_encoder {};
static inline ma_decoder_config ma_decoder_config_init(ma_format, ma_uint32, ma_uint32) { return {}; }
static inline ma_result ma_decoder_init_memory(const void *, size_t, const ma_decoder_config *, ma_decoder *) { return MA_ERROR; }
static inline ma_result ma_decoder_get_length_in_pcm_frames(ma_decoder *, ma_uint64 *) { return MA_ERROR; }
static inline ma_result ma_decoder_read_pcm_frames(ma_decoder *, void *, ma_uint64, ma_uint64 *) { return MA_ERROR; }
static inline void ma_decoder_uninit(ma_decoder *) {}
static inline ma_encoder_config ma_encoder_config_init(ma_encoding_format, ma_format, ma_uint32, ma_uint32) { return {}; }
static inline ma_result ma_encoder_init_file(const char *, const ma_encoder_config *, ma_encoder *) { return MA_ERROR; }
static inline ma_result ma_encoder_write_pcm_frames(ma_encoder *, const void *, ma_uint64, ma_uint64 *) { return MA_ERROR; }
static inline void ma_encoder_uninit(ma_encoder *) {}
