// The C API: opens checkpoints and makes pictures with them, as pixelforge/engine.h does for C++.
//
//   pxf_error error;
//   pxf_engine* engine = pxf_engine_new(NULL, &error);
//   pxf_checkpoint* checkpoint = pxf_open(engine, "starter", &error);
//   pxf_request request;
//   pxf_request_init(&request);
//   request.prompt = "a red apple on a beach";
//   pxf_pictures* pictures = pxf_generate(engine, checkpoint, &request, NULL, NULL, &error);
//
// What can fail gives NULL or false and fills `error`, which may be NULL. Every handle is freed once, by its own
// function, which takes NULL too; handles may be freed in any order, and what a struct points to lives as long as the
// handle it was read from. Strings are UTF-8 and end with a zero. An engine and its checkpoints may be used from many
// threads at once; a pxf_pictures never changes. Nothing is printed, nothing ends the process, nothing leaves the
// machine. Not here: inspecting files that are no checkpoints, probes, benchmarks. Version 0: the ABI may change
// between releases.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pxf_engine pxf_engine;
typedef struct pxf_checkpoint pxf_checkpoint;
typedef struct pxf_pictures pxf_pictures;

typedef enum pxf_error_code {
  PXF_OK = 0,
  PXF_INVALID_ARGUMENT,  // asked for something that cannot be (a size, an unknown sampler)
  PXF_NOT_FOUND,         // a file or name that is not there
  PXF_BAD_FILE,          // damaged, cut off, hostile, or not of the format it claims
  PXF_UNSUPPORTED,       // well formed, but nothing here can run it
  PXF_OUT_OF_MEMORY,     // checked before it is taken where that is possible
  PXF_IO,                // the operating system refused a read or a write
  PXF_NO_SPACE,          // the disk is full
  PXF_CANCELLED,         // the progress callback said so
  PXF_INTERNAL           // a defect of PixelForge
} pxf_error_code;

typedef struct pxf_error {
  pxf_error_code code;  // PXF_OK after a call that succeeded
  char message[1024];   // what, got, need, what to do; longer ones are cut
} pxf_error;

/// "0.1.0"; lives as long as the program.
const char* pxf_version(void);

typedef struct pxf_engine_options {
  int threads;                  // 0: one for each processor this process may run on
  const char* backend;          // NULL: "cpu"; or "reference": plain loops, slow, for comparison
  const char* instruction_set;  // NULL: the widest this machine has; or one of those that the program lists ("AVX2")
} pxf_engine_options;

/// `options` may be NULL, or zero throughout, for the defaults. Options that cannot be are what every later call
/// reports. Error: out_of_memory.
pxf_engine* pxf_engine_new(const pxf_engine_options* options, pxf_error* error);
void pxf_engine_free(pxf_engine* engine);

/// Opens a checkpoint file, or an embedded one by its name ("starter"). Reads the header only; weights are read when
/// first needed and kept until the checkpoint is freed. Errors: not_found, io, bad_file, unsupported.
pxf_checkpoint* pxf_open(pxf_engine* engine, const char* name_or_path, pxf_error* error);
void pxf_checkpoint_free(pxf_checkpoint* checkpoint);

/// What a checkpoint is, and how its maker would sample with it. Strings are empty where nothing is known.
typedef struct pxf_checkpoint_info {
  const char* name;
  const char* family;      // "SD 1.x"
  const char* prediction;  // "eps", "v"
  const char* license;     // as the file says
  const char* sampler;
  const char* scheduler;
  int steps, width, height;
  double cfg_scale;
} pxf_checkpoint_info;

void pxf_checkpoint_describe(const pxf_checkpoint* checkpoint, pxf_checkpoint_info* info);

/// A picture of the caller's: width * height * 3 bytes of sRGB, as in pxf_picture. `rgb` NULL: none. Read during the
/// call alone.
typedef struct pxf_image {
  int width, height;
  const uint8_t* rgb;
} pxf_image;

/// A LoRA of a request; what is zero beside the name and the strength is the usual.
typedef struct pxf_lora {
  const char* name;        // of one in the program ("neon") or the library, or a file; never NULL
  double strength;         // of its change to the UNet, -100 to 100
  bool has_text_strength;  // false: to the text encoders as to the UNet
  double text_strength;
  double start, stop;  // the share of the steps in which it acts, 0 to 1; a stop of 0: to the end
  const char* blocks;  // its strength in each block ("MIDD", or numbers); NULL: 1 everywhere
} pxf_lora;

typedef enum pxf_mask_fill {  // what lies under a mask at the beginning
  PXF_MASK_ORIGINAL,          // the picture itself
  PXF_MASK_FILL,              // the colours around the mask
  PXF_MASK_NOISE,
  PXF_MASK_NOTHING
} pxf_mask_fill;

typedef enum pxf_hires_upscaler {  // what a second pass begins with; the latent enlarged in A1111's ways
  PXF_HIRES_PICTURE,
  PXF_HIRES_LATENT,
  PXF_HIRES_LATENT_BICUBIC,
  PXF_HIRES_LATENT_BICUBIC_ANTIALIASED,
  PXF_HIRES_LATENT_NEAREST,
  PXF_HIRES_LATENT_NEAREST_EXACT
} pxf_hires_upscaler;

/// What to draw. Fill it with pxf_request_init, then set what should differ.
typedef struct pxf_request {
  const char* prompt;     // never NULL in a call
  const char* negative;   // NULL: as the checkpoint recommends, usually none; "": none
  int width, height;      // pixels, multiples of 8; 0: as the checkpoint recommends, like all below
  const char* level;      // of what is left open: "best", "balanced", "fast"; NULL: "balanced"
  int steps;              // 1 to 10,000; 0
  double cfg_scale;       // classifier-free guidance, 1: off; negative
  const char* guidance;   // what else leads the picture, as pixelforge/guidance.h reads it ("pag:3; rescale:0.7"); NULL
  const char* shortcuts;  // work to leave out, as pixelforge/shortcuts.h reads it ("deep:3; tome:0.5"); NULL; "none"
  const char* sampler;    // any name that A1111, ComfyUI or diffusers uses; NULL
  const char* scheduler;  // likewise
  bool has_seed;          // false: the seed is drawn at random
  uint64_t seed;          // of the first picture, the k-th has seed + k
  int count;              // pictures, 1 to 1,000
  int clip_skip;          // 1: the text encoder's last layer, 2: the one before; 0
  bool gpu_noise;         // noise as PyTorch makes it on an NVIDIA card (A1111's default), not as on a CPU
  bool vae_tiling;        // the VAE works in bands: less memory, the same picture; done unasked where memory is short
  bool preview;           // progress carries a small picture of what is to come
  const char* const* embeddings;  // textual inversions that the prompts may name: files, folders, names; may be NULL
  size_t embedding_count;

  const pxf_lora* loras;  // applied in this order, after those in the prompt (<lora:neon:0.8>); may be NULL
  size_t lora_count;
  bool comfy_syntax;          // brackets in the prompts are read as ComfyUI reads them, not as A1111 does
  const char* const* styles;  // names of styles to lay around both prompts; may be NULL
  size_t style_count;
  const char* styles_file;  // A1111's styles.csv; NULL: that of the library
  const char* wildcards;    // the folder with the lines for __name__ in a prompt; NULL: that of the library

  double variation_strength;  // how far the noise is turned to another seed's, 0 to 1
  bool has_variation_seed;
  uint64_t variation_seed;                    // of the first picture; the k-th has variation_seed + k
  int seed_resize_width, seed_resize_height;  // of the picture whose noise lies in the middle of this one's; 0
  bool tile_x, tile_y;                        // edges that fit to the opposite ones
  uint64_t noise_seed_delta;                  // added to the seed for all noise but the first (A1111's ENSD)

  pxf_image init;   // image-to-image: the picture to begin with
  double strength;  // how much of it is made anew, above 0, at most 1; 0.75 is usual
  pxf_image mask;   // of init's size: white is made anew
  int mask_blur;    // pixels over which the mask's edge goes from one to the other; 4 is usual
  pxf_mask_fill mask_fill;
  bool invert_mask;    // black is made anew
  bool only_masked;    // the mask's surroundings are drawn at full size and put back
  int masked_padding;  // pixels around the mask that this sees; 32 is usual
  int outpaint_left, outpaint_right, outpaint_top, outpaint_bottom;  // pixels by which init grows
  double hires;           // a second pass at so many times the size, above 1, at most 8; 0: none
  double hires_strength;  // how much of the first pass is made anew; 0.5 is usual
  int hires_steps;        // 0: the strength's share of the steps
  pxf_hires_upscaler hires_upscaler;
  double image_cfg;           // how closely a pix2pix checkpoint follows its picture; 1.5 is usual
  bool commercial;            // refuses models whose licence does not plainly allow commercial use
  const char* preview_model;  // a tiny autoencoder (TAESD) that draws the previews, by file or name; NULL
} pxf_request;

/// Nothing is asked for but one picture; what is said above to be usual is set.
void pxf_request_init(pxf_request* request);

/// A PNG, JPEG or WebP as pixels for pxf_image: to be freed with pxf_free. Errors: not_found, io, unsupported,
/// bad_file, out_of_memory.
uint8_t* pxf_load_image(const char* path, int* width, int* height, pxf_error* error);

typedef enum pxf_stage { PXF_STAGE_OPEN, PXF_STAGE_TEXT, PXF_STAGE_STEPS, PXF_STAGE_VAE, PXF_STAGE_DONE } pxf_stage;

typedef struct pxf_progress {
  pxf_stage stage;
  int picture, pictures;              // the one being made, from 0, and how many there will be
  int step, steps;                    // of this picture: done, in all
  double seconds;                     // since the request began
  double steps_per_second;            // 0 before the first step has ended
  double seconds_left;                // estimated for all pictures; negative while unknown
  int preview_width, preview_height;  // of a request with `preview`, after a step; else 0
  const uint8_t* preview_rgb;         // as in pxf_picture; valid during the call
} pxf_progress;

/// Called on the thread that called pxf_generate, between stages and steps; true to go on, false to stop. Must not
/// throw.
typedef bool (*pxf_on_progress)(const pxf_progress* progress, void* user);

/// Makes the pictures. `on_progress` may be NULL; `user` is handed to it. Errors: invalid_argument, unsupported (a part
/// is missing), out_of_memory, cancelled, bad_file (weights that give NaN).
pxf_pictures* pxf_generate(pxf_engine* engine, const pxf_checkpoint* checkpoint, const pxf_request* request,
                           pxf_on_progress on_progress, void* user, pxf_error* error);
void pxf_pictures_free(pxf_pictures* pictures);

typedef struct pxf_picture {
  int width, height;
  const uint8_t* rgb;  // width * height * 3 bytes of sRGB, interleaved, rows from the top without padding
  uint64_t seed;
  const char* parameters;  // A1111's text, as embedded in PNG files
  uint64_t variation_seed;
  const char* prompt;  // with its styles, and its {variants} and wildcards chosen
} pxf_picture;

size_t pxf_pictures_count(const pxf_pictures* pictures);
/// False, and `picture` untouched, when `index` is not below the count.
bool pxf_pictures_get(const pxf_pictures* pictures, size_t index, pxf_picture* picture);

/// Writes a picture as a PNG with its parameters; a reader of `path` sees nothing or all of it. Errors:
/// invalid_argument (no such picture), no_space, io, not_found.
bool pxf_save_png(const pxf_pictures* pictures, size_t index, const char* path, pxf_error* error);
/// As a PNG, JPEG or WebP, by the ending of `path`; quality 1 to 100, of JPEG and WebP. Errors: also invalid_argument
/// for another ending, and for a quality.
bool pxf_save_picture(const pxf_pictures* pictures, size_t index, const char* path, int quality, pxf_error* error);
/// A PNG in memory: `*size` bytes, to be freed with pxf_free. Errors: invalid_argument, out_of_memory.
uint8_t* pxf_encode_png(const pxf_pictures* pictures, size_t index, size_t* size, pxf_error* error);
void pxf_free(void* memory);

#ifdef __cplusplus
}
#endif
