"""Times the exported parts of SD 1.5 or SDXL in OpenVINO or ONNX Runtime on the CPU.

  bench_exported.py FOLDER --runtime openvino|onnxruntime --size 512 --threads 2 --repeats 3 [--bf16] [--json] [--parts unet,vae]

FOLDER is what export.py wrote, for the same size. --bf16 is OpenVINO's hint. The rest as in bench_diffusers.py.
"""
from pathlib import Path

import parts


def openvino(folder, part, options):
    import openvino as ov
    import openvino.properties as props
    from openvino.properties import hint

    core = ov.Core()
    compiled = core.compile_model(Path(folder) / f"{part}.xml", "CPU", {
        hint.inference_precision: ov.Type.bf16 if options.bf16 else ov.Type.f32,  # else its choice goes by the processor's flags
        hint.performance_mode: hint.PerformanceMode.LATENCY,
        hint.enable_hyper_threading: True,  # two threads are wanted, also where they are one core's
        props.inference_num_threads: options.threads,
    })
    request = compiled.create_infer_request()
    given = parts.inputs(part, options.size, options.family)
    machine = {
        "openvino": ov.__version__, "type": compiled.get_property(hint.inference_precision).get_type_name(),
        "runtime threads": compiled.get_property(props.inference_num_threads),
    }
    return (lambda: request.infer(given)[0]), machine


def onnxruntime(folder, part, options):
    import onnxruntime as ort

    settings = ort.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    settings.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = ort.InferenceSession(Path(folder) / f"{part}.onnx", settings, providers=["CPUExecutionProvider"])
    given = parts.inputs(part, options.size, options.family)
    return (lambda: session.run(None, given)[0]), {"onnxruntime": ort.__version__, "type": "f32"}


RUNTIMES = {"openvino": openvino, "onnxruntime": onnxruntime}


def main():
    parser = parts.parser(__doc__, "unet,vae")
    parser.add_argument("folder")
    parser.add_argument("--runtime", choices=RUNTIMES, required=True)
    parser.add_argument("--bf16", action="store_true", help="OpenVINO's hint")
    options = parts.parse(parser, ("unet", "vae"))
    if options.bf16 and options.runtime != "openvino":
        parser.error("--bf16 is OpenVINO's")
    results, machine = [], {}
    for part in options.parts:
        run, machine = RUNTIMES[options.runtime](options.folder, part, options)
        results.append(parts.measure(part, run, options))
        del run
    parts.print_report(options, machine, results)


if __name__ == "__main__":
    main()
