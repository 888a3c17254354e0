using Consort.Benchmarks;
using Consort.Data;

const string Usage = """
    usage: bench COMMAND [OPTIONS]

    Measures speed beside what this machine can do at most.

    commands
      ceiling   arithmetic and memory at most, for each number of threads
      gemm      matrix multiply over the shapes of a training step
                [--threads N] [--rounds N] [--kernel avx512|avx2|portable] [--precision fp32|bf16]
                [--only TEXT]
      step      a training step and an evaluation pass of one model
                [--model DeepFM] [--batch 4096] [--vocab 1000000] [--members 1] [--strategy supervised|mutual|kdef]
                [--update touched|dense] [--precision fp32|bf16] [--threads N] [--steps N] [--json FILE]
      all       step for LR, FM, DNN, DeepFM and DCN, batch 4096 and 10000
                --out FILE.md [--vocab 1000000] [--members 1] [--update touched|dense] [--threads N] [--steps N]
      encode    encoding of synthetic clicks in Criteo's format, from text to the finished store
                [--rows 1000000] [--threads N] [--json FILE]

    example
      bench step --model DeepFM --batch 4096 --json step.json
    """;

// The launcher for Windows cannot take the word away.
if (args.FirstOrDefault() == "bench") args = args[1..];
try
{
    switch (args.FirstOrDefault())
    {
        case "ceiling": return Ceiling.Run(args[1..]);
        case "gemm": return GemmSpeed.Run(args[1..]);
        case "step": return StepSpeed.Run(args[1..]);
        case "all": return AllSteps.Run(args[1..]);
        case "encode": return EncodeSpeed.Run(args[1..]);
        case "--help" or "-h" or null:
            Console.WriteLine(Usage);
            return 0;
        default:
            Console.Error.WriteLine($"bench: found \"{args[0]}\", expected ceiling, gemm, step, all or encode; bench --help says more");
            return 2;
    }
}
catch (ConsortException e)
{
    Console.Error.WriteLine($"bench: {e.Message}");
    return 2;
}
