using Consort.Benchmarks;

return BenchCommands.Run(args, Console.Error);
