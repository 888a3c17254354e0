"""Training steps of Consort and of FuxiCTR in turns on this machine: ours, the peer, ours, the peer …, and the ratio of each turn.

    python3 bench/peers/compare.py --fuxictr CHECKOUT --kdef CHECKOUT --out result.md

What it measures and needs stands in README.md beside this file.
"""
import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCH = HERE.parent.parent / "artifacts/bin/Consort.Benchmarks/release/Consort.Benchmarks.dll"
MODELS = ["DNN", "DeepFM", "DCN", "PNN", "KDEF"]
SAME_WORK = ["--update", "dense", "--embedding-l2", "1e-5", "--max-gradient-norm", "10"]  # as FuxiCTR's users have it
OURS = {"same": SAME_WORK, "touched": ["--update", "touched"]}
RIVALS = ["plain", "unclipped", "fused", "sparse"]  # of which the fastest is the peer's best


def fail(message):
    print(f"compare: {message}", file=sys.stderr)
    sys.exit(2)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fuxictr", required=True, help="a checkout of reczoo/FuxiCTR, as the peer's Python sees it")
    parser.add_argument("--kdef", help="a checkout of salmon1802/KDEF, likewise; without it families are left out")
    parser.add_argument("--python", default="python3", help="the peer's Python, with PyTorch: a command, as `chroot FOLDER python3`")
    parser.add_argument("--bench", type=Path, default=BENCH, help="our benchmarks, built")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--steps", type=int, default=16, help="timed steps of each turn, ours and the peer's")
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall",
                        help="processor: rows per second of processor time, for --threads 1 on a machine with neighbours")
    parser.add_argument("--blas-core", help="see fuxictr_step.py")
    parser.add_argument("--quick", action="store_true", help="one turn of few steps: whether everything runs")
    parser.add_argument("--out", type=Path, help="a Markdown file; without it the tables are printed alone")
    parser.add_argument("--json", type=Path, help="everything measured")
    asked = parser.parse_args()
    asked.models = [m for m in asked.models.split(",") if m != "KDEF" or asked.kdef]
    for model in asked.models:
        if model not in MODELS:
            fail(f'--models: found "{model}", expected some of {", ".join(MODELS)}')
    if not asked.bench.exists():
        fail(f"found no {asked.bench}, expected our benchmarks, built: ./consort bench --help builds them")
    if asked.quick:
        asked.turns, asked.steps = 1, 4
    return asked


def run(command, stdin=None):
    """The output; what was wrong is the peer's or our own last line."""
    done = subprocess.run(command, stdin=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["nothing was said"]
        print(lines[-1] if done.returncode == 2 else done.stderr.strip(), file=sys.stderr)
        sys.exit(2 if done.returncode == 2 else 1)
    return done.stdout


def clocked(asked, found):
    if asked.clock == "processor":
        found["rows_per_second"] = asked.batch / found["processor_ms"] * 1e3
    return found


def ours(asked, model, kind):
    family = ["--model", "DNN", "--members", "4", "--strategy", "kdef"] if model == "KDEF" else ["--model", model]
    with tempfile.TemporaryDirectory(prefix="consort-peer-") as folder:
        path = Path(folder, "step.json")
        run(["dotnet", asked.bench, "step", *family, *OURS[kind], "--batch", str(asked.batch), "--threads", str(asked.threads),
             "--steps", str(asked.steps), "--json", path])
        return clocked(asked, json.loads(path.read_text()))


def peer(asked, model, variants, steps, *more):
    words = ["--fuxictr", asked.fuxictr, "--model", model, "--variants", ",".join(variants), "--steps", str(steps),
             "--batch", str(asked.batch), "--threads", str(asked.threads), "--json", "-", *more]
    words += ["--kdef", asked.kdef] if asked.kdef else []
    words += ["--blas-core", asked.blas_core] if asked.blas_core else []
    with open(HERE / "fuxictr_step.py") as script:  # read by the peer's Python wherever it lives
        found = json.loads(run([*shlex.split(asked.python), "-", *words], script).splitlines()[-1])
    for variant in found["variants"]:
        clocked(asked, variant)
    return found


def ratios(turn, clock):
    """Of one turn: ours over the peer's, rows per second; and what a step at the FMA peak would be over it."""
    rows = {k: v["rows_per_second"] for k, v in turn["ours"].items()}
    evaluation = {k: v["evaluation_rows_per_second"] for k, v in turn["ours"].items()}
    theirs, floor = turn["peer"], turn["floor_rows_per_second"]
    found = {
        "same_to_user": rows["same"] / theirs["user"]["rows_per_second"],
        "touched_to_user": rows["touched"] / theirs["user"]["rows_per_second"],
        "same_to_best": rows["same"] / theirs["best"]["rows_per_second"],
        "touched_to_best": rows["touched"] / theirs["best"]["rows_per_second"],
        "floor_to_user": floor / theirs["user"]["rows_per_second"],
        "floor_to_best": floor / theirs["best"]["rows_per_second"],
    }
    if clock == "wall":
        found["evaluation"] = evaluation["touched"] / max(t["evaluation_rows_per_second"] for t in theirs.values())
    return found


def measure(asked, model):
    trial = peer(asked, model, RIVALS, max(4, asked.steps // 3), "--no-evaluation")["variants"]
    best = max(trial, key=lambda v: v["rows_per_second"])["variant"]
    turns = []
    for _ in range(asked.turns):
        load = os.getloadavg()[0]
        turn = {"load": load, "ours": {"same": ours(asked, model, "same")}}
        found = {v["variant"]: v for v in peer(asked, model, ["user", best], asked.steps)["variants"]}
        turn["peer"] = {"user": found["user"], "best": found[best]}
        turn["ours"]["touched"] = ours(asked, model, "touched")
        turn["floor_rows_per_second"] = asked.batch / turn["ours"]["touched"]["floor_ms"] * 1e3
        turns.append({**turn, "ratios": ratios(turn, asked.clock)})
    return {"model": model, "best": best, "trial": trial, "turns": turns}


def middle(turns, side, kind):
    return statistics.median(t[side][kind]["rows_per_second"] for t in turns)


def spread(turns, name):
    each = [t["ratios"][name] for t in turns]
    return f"{statistics.median(each):.1f} ({min(each):.1f} to {max(each):.1f})"


def table(head, rows):
    return ["", f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1), *(f"| {' | '.join(row)} |" for row in rows)]


def thousands(numbers):
    return [f"{n:,.0f}" for n in numbers]


def markdown(result):
    about, models = result["peer_machine"], result["models"]
    loads = [t["load"] for r in models for t in r["turns"]]
    peak = max(t["ours"]["touched"]["fma_peak_gflops"] for r in models for t in r["turns"])
    names = {r["model"]: "KDEF, 4 DNN" if r["model"] == "KDEF" else r["model"] for r in models}
    lines = [
        f"{result['time']}, {about['processor']}, {result['threads']} threads, batch {result['batch']}, {result['steps']} steps a turn,",
        f"load average {min(loads):.1f} to {max(loads):.1f} (up to {result['threads']} of it is this run).",
        f"PyTorch {about['torch']}, {'; '.join(about['blas'])};",
        f"its product [4096, 624] · [624, 400] at {about['gemm_gflops']:.0f} GFLOP/s, the FMA peak {peak:.0f} GFLOP/s.",
        "", f"Rows {'a second' if result['clock'] == 'wall' else 'per second of processor time'}, median of the turns:",
    ]
    kinds = (("ours", "same"), ("ours", "touched"), ("peer", "user"), ("peer", "best"))
    head = ["model", "FMA floor", "ours, the same work", "ours, touched rows", "FuxiCTR as its user has it", "its best variant", "which"]
    lines += table(head,
                   [[names[r["model"]], *thousands([statistics.median(t["floor_rows_per_second"] for t in r["turns"]),
                                                    *(middle(r["turns"], *k) for k in kinds)]), r["best"]] for r in models])
    lines += ["", "Times as fast, median of the turns (least to most):"]
    lines += table(["model", *(name.replace("_", " ") for name in models[0]["turns"][0]["ratios"])],
                   [[names[r["model"]], *(spread(r["turns"], name) for name in r["turns"][0]["ratios"])] for r in models])
    lines += ["", "The peer's variants, one trial each, rows a second:"]
    lines += table(["model", *RIVALS], [[names[r["model"]], *thousands(v["rows_per_second"] for v in r["trial"])] for r in models])
    return "\n".join(lines) + "\n"


def write(path, text):
    beside = path.with_name(path.name + ".part")
    beside.write_text(text)
    beside.replace(path)


def main():
    asked = arguments()
    result = {
        "time": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "batch": asked.batch, "threads": asked.threads, "steps": asked.steps,
        "clock": asked.clock,
        "peer_machine": peer(asked, asked.models[0], ["user"], 1, "--check")["machine"], "models": [],
    }
    begin = time.monotonic()
    for model in asked.models:
        result["models"].append(measure(asked, model))
        ratio = result["models"][-1]["turns"][-1]["ratios"]
        print(f"{time.monotonic() - begin:.0f} s, {model}: {ratio['same_to_user']:.1f} times the user's, "
              f"{ratio['touched_to_best']:.1f} times the best", file=sys.stderr)
    text = markdown(result)
    print(text, end="")
    for path, content in ((asked.out, text), (asked.json, json.dumps(result, indent=1) + "\n")):
        if path:
            write(path, content)


main()
