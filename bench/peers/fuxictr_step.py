"""A training step of FuxiCTR's own models (reczoo/FuxiCTR on PyTorch, salmon1802/KDEF for families) over the rows of `bench step`.

    python3 fuxictr_step.py --fuxictr CHECKOUT --kdef CHECKOUT --model DNN --variants user,plain --json -

Rows lie in memory as tensors, a column each, before the clock starts. Variants: see README.md beside this file.
"""
import argparse
import importlib.util
import json
import os
import platform
import statistics
import sys
import time
import types
from pathlib import Path

FIELDS, DIMENSION, TOWER, RATE, NORM, L2 = 39, 16, [400, 400, 400], 1e-3, 10.0, 1e-5
EXPONENT, SHRINK, CLICK_RATE, BATCHES = 1.1, 0.75, 0.25, 32  # as ZipfSplit.cs has them, which makes 64
VARIANTS = ("user", "plain", "unclipped", "fused", "sparse")


def fail(message):
    print(f"fuxictr_step: {message}", file=sys.stderr)
    sys.exit(2)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fuxictr", required=True, help="a checkout of reczoo/FuxiCTR")
    parser.add_argument("--kdef", help="a checkout of salmon1802/KDEF, for KDEF")
    parser.add_argument("--model", default="DNN", choices=["DNN", "DeepFM", "DCN", "PNN", "KDEF"])
    parser.add_argument("--members", type=int, default=4, help="of KDEF")
    parser.add_argument("--variants", default=",".join(VARIANTS))
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--vocab", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--blas-core", help="OPENBLAS_CORETYPE; what OpenBLAS chooses by itself unless given")
    parser.add_argument("--no-evaluation", action="store_true", help="steps alone")
    parser.add_argument("--check", action="store_true", help="only say what this would run on")
    parser.add_argument("--json", help="a file, or - for the output, in the place of the table")
    found = parser.parse_args()
    found.variants = found.variants.split(",")
    for name in found.variants:
        if name not in VARIANTS:
            fail(f'--variants: found "{name}", expected some of {", ".join(VARIANTS)}')
    return found


ASKED = arguments()
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # a setting for other programs' sake would slow the peer
    os.environ.pop(name, None)
if ASKED.blas_core:
    os.environ["OPENBLAS_CORETYPE"] = ASKED.blas_core
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(ASKED.threads)
sys.path.insert(0, ASKED.fuxictr)
try:
    import numpy as np
    import torch
except ImportError as e:
    fail(f"{e}; expected PyTorch and numpy in {sys.executable}")
try:
    import polars  # noqa: F401
except ImportError:
    sys.modules["polars"] = types.ModuleType("polars")  # FuxiCTR asks it for metrics within groups alone
try:
    from fuxictr.features import FeatureMap
    from fuxictr.pytorch.models import BaseModel  # noqa: F401
except ImportError as e:
    fail(f"{e}; expected a checkout of reczoo/FuxiCTR in {ASKED.fuxictr} and what it imports")


def model_class(root, name):
    files = [f for f in Path(root).rglob(f"{name}.py") if f.parent.name == "src" and not f.parent.parent.name.endswith("_tf")]
    if len(files) != 1:
        fail(f"found {len(files)} files src/{name}.py in {root}, expected one")
    spec = importlib.util.spec_from_file_location(f"peer_{name}", files[0])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def sizes(vocabulary):
    unit = (1 - SHRINK) / (1 - SHRINK**FIELDS)
    rest = [max(4, int(vocabulary * unit * SHRINK**f)) for f in range(1, FIELDS)]
    return [vocabulary - sum(rest), *rest]


def batches(vocabulary, rows):
    random = np.random.default_rng(1)
    made = []
    for _ in range(BATCHES):
        batch = {}
        for f, size in enumerate(sizes(vocabulary)):
            end = (size - 1.0) ** (1 - EXPONENT)
            x = (1 + random.random(rows) * (end - 1)) ** (1 / (1 - EXPONENT))
            batch[f"C{f}"] = torch.from_numpy(2 + np.minimum(size - 3, x.astype(np.int64) - 1))  # [B]
        batch["label"] = torch.from_numpy((random.random(rows) < CLICK_RATE).astype(np.float32))  # [B]
        made.append(batch)
    return made


def feature_map(vocabulary):
    found = FeatureMap("zipf", ".")
    for f, size in enumerate(sizes(vocabulary)):
        found.features[f"C{f}"] = {"source": "", "type": "categorical", "padding_idx": 0, "vocab_size": size}
    found.labels, found.num_fields, found.total_features, found.default_emb_dim = ["label"], FIELDS, vocabulary, DIMENSION
    found.set_column_index()
    return found


def build(asked, variant):
    torch.manual_seed(1)
    common = {
        "feature_map": feature_map(asked.vocab), "learning_rate": RATE, "embedding_dim": DIMENSION, "batch_norm": False, "net_dropout": 0,
        "embedding_regularizer": L2 if variant == "user" else None, "optimizer": "adam", "loss": "binary_crossentropy",
        "metrics": ["AUC"], "model_root": "", "verbose": 0,
    }
    if asked.model == "KDEF":
        model = model_class(asked.kdef, "EKTF")(hidden_units=TOWER, num_student=asked.members, **common)
        embed = model.embedding_layer.forward
        model.embedding_layer.forward = lambda X, dynamic_emb_dim: embed(X, flatten_emb=dynamic_emb_dim)  # as FuxiCTR calls it today
    else:
        tower = "dnn_hidden_units" if asked.model == "DCN" else "hidden_units"
        model = model_class(asked.fuxictr, asked.model)(**{tower: TOWER}, **common)
    model._max_gradient_norm = NORM  # what fit() does
    return model


def optimizers(model, variant):
    if variant in ("user", "plain", "unclipped"):
        return [model.optimizer]
    tables = [m.weight for m in model.modules() if isinstance(m, torch.nn.Embedding)]
    if variant == "fused":
        return [torch.optim.Adam(model.parameters(), lr=RATE, fused=True)]
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding):
            module.sparse = True
    known = {id(t) for t in tables}
    rest = [p for p in model.parameters() if id(p) not in known]
    return [torch.optim.SparseAdam(tables, lr=RATE), torch.optim.Adam(rest, lr=RATE)]


def stepper(asked, model, variant):
    """The model's own train_step where it clips; else, and for KDEF, whose code is older than that, the same lines."""
    if asked.model != "KDEF" and variant in ("user", "plain"):
        return model.train_step
    used = optimizers(model, variant)

    def step(batch):
        for optimizer in used:
            optimizer.zero_grad()
        if asked.model == "KDEF":
            loss = model.add_loss(batch) + model.regularization_loss()
        else:
            loss = model.compute_loss(model.forward(batch), model.get_labels(batch))
        loss.backward()
        if variant in ("user", "plain"):
            torch.nn.utils.clip_grad_norm_(model.parameters(), NORM)
        for optimizer in used:
            optimizer.step()
        return loss

    return step


def timed(call, rows, steps, least):
    """Milliseconds of each call after some and half a second to warm up, those of processor time in the mean, and what all calls gave."""
    begin, given, ms, processor, i = time.perf_counter(), [], [], [], 0
    while len(ms) < steps:
        warm = i >= least and time.perf_counter() - begin > 0.5
        start, spent = time.perf_counter(), time.process_time()
        result = call(rows[i % len(rows)])
        if warm:
            ms.append((time.perf_counter() - start) * 1e3)
            processor.append((time.process_time() - spent) * 1e3)
        given.append(float(result.detach()))
        i += 1
    return ms, statistics.mean(processor), given


def measure(asked, variant, rows):
    model = build(asked, variant)
    model.train()
    ms, processor, losses = timed(stepper(asked, model, variant), rows, asked.steps, 3)
    if not losses[-1] < losses[0]:
        print(f"fuxictr_step: {asked.model} {variant}: loss went from {losses[0]} to {losses[-1]}, expected it to fall", file=sys.stderr)
        sys.exit(1)
    result = {
        "variant": variant, "step_ms": statistics.median(ms), "step_ms_min": min(ms), "processor_ms": processor,
        "rows_per_second": asked.batch / statistics.median(ms) * 1e3,
        "first_loss": losses[0], "last_loss": losses[-1], "parameters": sum(p.numel() for p in model.parameters()),
        "evaluation_rows_per_second": 0,
    }
    if not asked.no_evaluation:
        model.eval()
        with torch.no_grad():
            evaluation, _, _ = timed(lambda batch: model.forward(batch)["y_pred"].sum(), rows, asked.steps, 2)
        result["evaluation_rows_per_second"] = asked.batch / statistics.median(evaluation) * 1e3
    return result


def surroundings():
    """Machine, versions, the BLAS kernels in use, their speed, and how far a product of theirs is off."""
    a, b = torch.randn(4096, 624), torch.randn(624, 400)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        product = a @ b
        times.append(time.perf_counter() - start)
    error = float((product - a.double() @ b.double()).abs().max())
    if not error < 1e-3:
        print(f"fuxictr_step: a product of the BLAS is off by {error}, expected below 1e-3; try another --blas-core", file=sys.stderr)
        sys.exit(1)
    processor = "unknown"
    if os.path.exists("/proc/cpuinfo"):
        processor = next((x.split(":")[1].strip() for x in open("/proc/cpuinfo") if x.startswith("model name")), processor)
    try:
        from threadpoolctl import threadpool_info
        blas = [f"{p['internal_api']} {p['version']} {p.get('architecture', '')} ({p['num_threads']} threads)" for p in threadpool_info()]
    except ImportError:
        blas = ["unknown: no threadpoolctl"]
    return {
        "processor": processor, "load": os.getloadavg()[0], "python": platform.python_version(), "torch": torch.__version__, "blas": blas,
        "threads": torch.get_num_threads(), "gemm_gflops": 2 * 4096 * 624 * 400 / min(times) * 1e-9, "gemm_error": error,
    }


def main(asked):
    torch.set_num_threads(asked.threads)
    if asked.model == "KDEF" and not asked.kdef:
        fail("--kdef: found nothing, expected a checkout of salmon1802/KDEF")
    result = {"machine": surroundings(), "model": asked.model, "members": asked.members if asked.model == "KDEF" else 1,
              "batch": asked.batch, "vocab": asked.vocab, "steps": asked.steps, "variants": []}
    if not asked.check:
        rows = batches(asked.vocab, asked.batch)
        result["variants"] = [measure(asked, v, rows) for v in asked.variants]
    text = json.dumps(result)
    if asked.json == "-":
        print(text)
        return
    if asked.json:
        Path(asked.json).write_text(text)
    about = result["machine"]
    print(f"{about['processor']}, load {about['load']:.1f}, PyTorch {about['torch']}, {'; '.join(about['blas'])}, "
          f"product at {about['gemm_gflops']:.0f} GFLOP/s\n")
    print("| model | variant | ms median | ms best | processor ms | rows/s | evaluation rows/s | loss |")
    print("|---|---|---:|---:|---:|---:|---:|---|")
    for v in result["variants"]:
        print(f"| {asked.model} | {v['variant']} | {v['step_ms']:.1f} | {v['step_ms_min']:.1f} | {v['processor_ms']:.1f} "
              f"| {v['rows_per_second']:,.0f} | {v['evaluation_rows_per_second']:,.0f} | {v['first_loss']:.4f} to {v['last_loss']:.4f} |")


main(ASKED)
