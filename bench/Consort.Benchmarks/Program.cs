using Consort.Benchmarks;

switch (args.FirstOrDefault())
{
    case "ceiling": return Ceiling.Run(args[1..]);
    case "gemm": return GemmSpeed.Run(args[1..]);
    default:
        Console.Error.WriteLine("usage: ceiling | gemm [--threads N] [--rounds N]");
        return 2;
}
