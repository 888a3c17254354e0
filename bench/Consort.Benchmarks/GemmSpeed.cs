using System.Globalization;
using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Threads;

namespace Consort.Benchmarks;

/// <summary>
/// Matrix multiply over the shapes of a training step and over small and odd ones, each beside the machine's FMA peak measured just before
/// it.
/// </summary>
internal static class GemmSpeed
{
    private const string Usage = "usage: gemm [--threads N] [--rounds N] [--kernel avx512|avx2|portable] [--precision fp32|bf16] [--only TEXT]";

    private static readonly GemmShape[] Shapes =
    [
        new("forward", 4096, 400, 624, TransB: true, Epilogue: true),
        new("forward", 4096, 400, 400, TransB: true, Epilogue: true),
        new("forward", 10000, 400, 624, TransB: true, Epilogue: true),
        new("forward", 10000, 400, 400, TransB: true, Epilogue: true),
        new("input gradient", 4096, 624, 400),
        new("input gradient", 4096, 400, 400, Epilogue: true),
        new("input gradient", 10000, 624, 400),
        new("input gradient", 10000, 400, 400, Epilogue: true),
        new("weight gradient", 400, 624, 4096, TransA: true, Epilogue: true),
        new("weight gradient", 400, 400, 4096, TransA: true, Epilogue: true),
        new("weight gradient", 400, 624, 10000, TransA: true, Epilogue: true),
        new("weight gradient", 400, 400, 10000, TransA: true, Epilogue: true),
        // FiBiNET's tower over the bilinear interactions of 39 fields.
        new("wide forward", 4096, 400, 23712, TransB: true, Epilogue: true),
        new("wide gradient", 4096, 23712, 400),
        new("wide weights", 400, 23712, 4096, TransA: true, Epilogue: true),
        new("odd", 4095, 401, 623, TransB: true),
        new("square", 512, 512, 512),
        new("square", 2048, 2048, 2048),
        new("narrow forward", 4096, 10, 400, TransB: true),
        new("narrow gradient", 4096, 400, 10),
        new("narrow weights", 10, 400, 4096, TransA: true),
        new("shallow", 4096, 400, 16, TransB: true),
        new("output forward", 4096, 1, 400, TransB: true),
        new("output gradient", 4096, 400, 1),
        new("output weights", 1, 400, 4096, TransA: true),
        new("one row", 1, 400, 624, TransB: true, Epilogue: true),
        new("one row", 1, 400, 400, TransB: true, Epilogue: true),
        new("four rows", 4, 400, 400, TransB: true),
        new("batch of 32", 32, 400, 400, TransB: true),
        new("batch of 256", 256, 400, 400, TransB: true),
    ];

    public static int Run(string[] args)
    {
        int threads = Environment.ProcessorCount, rounds = 21;
        string? only = null;
        var precision = Precision.Fp32;
        var kernel = Gemm.Fastest;
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length) return Fail();
            switch (args[i])
            {
                case "--threads": threads = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
                case "--rounds": rounds = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
                case "--kernel": kernel = Enum.Parse<GemmKernel>(args[i + 1], ignoreCase: true); break;
                case "--precision" when Precisions.Names.TryGetValue(args[i + 1], out var asked): precision = asked; break;
                case "--only": only = args[i + 1]; break;
                default: return Fail();
            }
        }
        using var workers = new Workers(threads);
        using var gemm = new Gemm(workers, kernel);
        using var other = Multiplies.Of(workers, precision);
        FmaPeak peak = FmaPeak.Of(workers, Precision.Fp32), otherPeak = FmaPeak.Of(workers, other.Precision);
        List<(string Name, Gemm Gemm, FmaPeak Peak)> ways = [(kernel.ToString(), gemm, peak)];
        if (precision.Missing() is { } reason) Console.Error.WriteLine($"bench: no {precision.Name()} here ({reason})");
        else if (precision != Precision.Fp32) ways.Add((precision.Name(), other, otherPeak));
        using var native = NativeBlas.Missing is null ? new Gemm(workers, library: MatrixLibrary.Native) : null;
        if (native is not null) ways.Add((NativeBlas.Name!, native, peak));
        // One row of runs for each shape, which take turns so that neighbours disturb all alike.
        GemmRun[][] runs = [.. Shapes.Where(s => only == null || s.ToString().Contains(only, StringComparison.OrdinalIgnoreCase))
            .Select(s => ways.Select(w => new GemmRun(s, w.Name, w.Gemm, w.Peak)).ToArray())];
        foreach (var run in runs.SelectMany(r => r)) run.Warm();
        for (var round = 0; round < rounds; round++)
            foreach (var run in runs.SelectMany(r => r)) run.Measure();
        double[] peaks = [.. ways.Select((_, way) => runs.Max(r => r[way].BestPeak))];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{threads} threads, peak {string.Join(", ", ways.Select((w, way) => $"{w.Name} {peaks[way]:F0} GFLOP/s"))}, {rounds} rounds; op(A) [M, K] x op(B) [K, N]"));
        Console.WriteLine("| product | by | M | N | K | µs median | µs best | GFLOP/s median | GFLOP/s best | % of its peak, median | best against best | per processor time | × the first, median | best |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var shape in runs)
        {
            for (var way = 0; way < shape.Length; way++) Console.WriteLine(shape[way].Row(shape[0], peaks[way], threads == 1));
            foreach (var run in shape) run.Dispose();
        }
        return 0;
    }

    private static int Fail()
    {
        Console.Error.WriteLine(Usage);
        return 2;
    }
}
