using Consort.Benchmarks.Hostile;
using Consort.Benchmarks.Parity;
using Consort.Benchmarks.Sources;
using Consort.Foundation.Options;

namespace Consort.Benchmarks;

/// <summary>The commands by name, and how mistakes and signals end.</summary>
internal static class BenchCommands
{
    private const string Usage = """
        usage: bench COMMAND [OPTIONS]

        Measures speed beside what this machine can do at most.

        commands
          ceiling      arithmetic and memory at most, for each number of threads
          gemm         matrix multiply over the shapes of a training step
                       [--threads N] [--rounds N] [--kernel avx512|avx2|portable] [--precision fp32|bf16] [--only TEXT]
          step         a training step and an evaluation pass of one model
                       [--model DeepFM] [--with "KEY: VALUE, ..."] [--batch 4096] [--vocab 1000000] [--members 1]
                       [--strategy supervised|mutual|kdef] [--update touched|dense|deferred] [--ema 0.999] [--precision fp32|bf16]
                       [--embedding-l2 0] [--max-gradient-norm 0] [--threads N] [--steps N] [--tokens N] [--as list|fields] [--detail yes]
                       [--json FILE]
          scale        step and evaluation with 1, 2, 4, ... threads: rows/s, share of the floor, what one thread does alone
                       [--threads MOST] and the options of step, [--json FILE]
          profile      where a training step of an experiment spends its time, operation by operation, on its own rows
                       --experiment FILE.yaml [--data FOLDER] [--steps 20] [--threads N]
                       or of a model of histories, on rows with two histories of a mean length
                       --mean-length N [--longest 50] [--model DIN] [--with "KEY: VALUE, ..."] [--batch 4096]
          all          step for every combination, each row written to FILE.md and FILE.json as soon as it is measured
                       --out FILE.md [--json FILE.json] [--resume]
                       [--models LR,FM,DNN,DeepFM,DCN,PNN,FiBiNET] [--batches 4096,10000] [--vocabs 1000000,20000000]
                       [--members 1] [--strategy supervised|mutual|kdef] [--update touched|dense|deferred] [--threads N] [--steps 20]
                       28 rows unless told otherwise, some minutes; with --members 1,2,4,8 it is 112 rows and an hour.
                       The estimate is printed first; --resume keeps the rows that FILE.json holds.
          embeddings   which rows an optimizer changes: what that costs by the size of the table
                       [--vocabs 100000,1000000,20000000,50000000] [--updates touched,deferred,dense] [--model FM] [--batch 4096]
                       [--steps 40] [--threads N] [--json FILE]
                       50 million rows take 12 GB; sizes that do not fit into memory are left out with a line that says so.
          kernels      single kernels under BenchmarkDotNet: [--filter TEXT], as in --filter Adam; [--job short|medium|long]
          auc          AUC and the other metrics over many rows
                       [--rows 10000000] [--json FILE]
          encode       encoding of synthetic clicks in Criteo's format, from text to the finished store
                       [--rows 1000000] [--threads N] [--json FILE]
          sources      the same rows as text, zstd, Parquet, Parquet by days, a DuckDB table and SQL: one hash, rows/s and memory each
                       [--rows 1000000] [--fields 39] [--threads N] [--only tsv,tsv.zst,parquet,partitioned,duckdb,sql] [--out FILE.md]
                       [--json FILE]
                       Ends with 1 where what was encoded is not the same.
          score        a call of the scorer on one thread, from raw values to the probability, and 200 candidates of one context
                       [--model DeepFM] [--vocab 1000000] [--weights fp32|fp16|int8] [--rounds 20] [--no-onnxruntime] [--json FILE]
                       Beside it ONNX Runtime, in the same process; where that does not load it ends with 2, unless --no-onnxruntime is given.
          histories    the same of a model of histories: one impression with a full history, and 200 candidates against one
                       [--model DIN] [--with "KEY: VALUE, ..."] [--length 50] [--rounds 20] [--json FILE]
          serve        the server in a process of its own, asked over HTTP: requests per second at most, latency at a fixed load
                       [--model DeepFM] [--vocab 1000000] [--connections 8] [--rate 1000] [--seconds 10] [--rows 1] [--warm 40000]
                       [--json FILE]
          hostile      a good client beside each of several attacks, from processes of their own: what it is answered, and the server's memory
                       [--seconds 10] [--rate 100] [--only none,slow-bodies,idle,idle-held,grpc-group,garbage,cp,reloads]
                       [--model DeepFM] [--vocab 100000] [--out FILE.md]
                       Only 127.0.0.1 is spoken to; each attack ends after its seconds.
          parity       every model trained briefly, and the largest difference in probability between trainer, scorer, server and ONNX Runtime
                       --data FOLDER[,FOLDER] [--rows 10000] [--models all of them] [--runtime FOLDER] [--threads N] [--json FILE] [--out FILE.md]
                       FOLDER has train.csv, valid.csv and test.csv, or one raw file; ends with 1 where a difference is more than 1e-5
                       (more than four times what rounding does, of models with which rounding alone does as much).
                       --runtime holds node_modules/onnxruntime-node; without it those columns stay empty.

          boosting     LightGBM on an encoded dataset, a yardstick for models
                       --data ENCODED [--seeds 3] [--trees 3000] [--rate 0.05] [--leaves 31] [--min-rows 50] [--threads 1]
                       [--predictions FILE] [--json FILE]
                       --predictions writes the first seed's probability of each training row, in order, for a student to learn from.

        example
          bench step --model DeepFM --batch 4096 --json step.json
        """;

    private static readonly (string Name, Func<string[], int> Run)[] Commands =
    [
        ("ceiling", Ceiling.Run),
        ("gemm", GemmSpeed.Run),
        ("step", StepSpeed.Run),
        ("scale", ScaleSpeed.Run),
        ("profile", OperationProfile.Run),
        ("all", AllSteps.Run),
        ("embeddings", EmbeddingSpeed.Run),
        ("kernels", KernelSpeed.Run),
        ("auc", AucSpeed.Run),
        ("encode", EncodeSpeed.Run),
        ("sources", SourcesBench.Run),
        ("score", ScoreSpeed.Run),
        ("histories", HistoryScoreSpeed.Run),
        ("serve", ServeSpeed.Run),
        ("hostile", HostileBench.Run),
        ("parity", ParityBench.Run),
        ("boosting", Peers.Boosting.Run),
    ];

    /// <summary>Runs a command line and gives its exit code.</summary>
    public static int Run(string[] args, TextWriter error)
    {
        // The launcher for Windows cannot take the word away.
        if (args.FirstOrDefault() == "bench") args = args[1..];
        if (args.FirstOrDefault() is "--help" or "-h" or null || args.Contains("--help"))
        {
            Console.WriteLine(Usage);
            return 0;
        }
        using var signals = new StopSignals();
        try
        {
            var names = Array.ConvertAll(Commands, c => c.Name);
            var command = Array.IndexOf(names, args[0]);
            if (command < 0)
                throw new ConsortException($"found \"{args[0]}\", expected one of {string.Join(", ", names)}{NearestWord.Hint(args[0], names)}; bench --help says more");
            TempFolder.Sweep();
            return Commands[command].Run(args[1..]);
        }
        catch (ConsortException e)
        {
            error.WriteLine($"bench: {e.Message}");
            return 2;
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("bench: stopped");
            return signals.ExitCode;
        }
    }
}
