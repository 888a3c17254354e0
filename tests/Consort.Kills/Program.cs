using System.Globalization;

namespace Consort.Kills;

/// <summary>
/// Kills the built program at random moments and at exact renames, over everything that writes files, and starts it again: it must end with
/// the same bytes as a program that was never killed, and leave nothing behind. Deterministic by seed but for what the machine's pace
/// decides.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        var (kills, seed, only, app) = (100, 1, "", "");
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--kills": kills = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
                case "--seed": seed = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
                case "--only": only = args[i + 1]; break;
                case "--app": app = Path.GetFullPath(args[i + 1]); break;
                default: return Usage();
            }
        }

        if (!File.Exists(app))
            return Usage();
        var folder = Directory.CreateTempSubdirectory("consort-kills-").FullName;
        try
        {
            return Run(new Subject(app, folder), kills, seed, only);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Run(Subject subject, int kills, int seed, string only)
    {
        if (!subject.HasTracer)
            Console.WriteLine("found no strace: kills at exact renames are skipped, all are at random moments");
        var random = new Random(seed);
        if (!Subject.HasRanks)
            Console.WriteLine("found no mpirun: ranks are not killed (apt-get install openmpi-bin)");
        var scenarios = Scenario.All(subject).Where(s => only.Length == 0 || s.Name.StartsWith(only, StringComparison.Ordinal))
            .Where(s => s.Ranks == 1 || Subject.HasRanks).ToArray();
        var tallies = scenarios.Select(_ => new Tally()).ToArray();
        foreach (var scenario in scenarios)
            scenario.Prepare();
        for (var kill = 0; kill < kills; kill++)
        {
            var (scenario, tally) = (scenarios[kill % scenarios.Length], tallies[kill % scenarios.Length]);
            var isExact = subject.HasTracer && scenario.Ranks == 1 && kill / scenarios.Length % 2 == 0;
            var rename = scenario.NextRename();
            // A program that ended before its time came was not killed: an earlier moment, until one is.
            for (var share = random.NextDouble(); ; share *= 0.8)
            {
                if (scenario.Kill(isExact ? rename : 0, share) is not { } when)
                    continue;
                tally.Add(isExact, scenario.Resume() is { } mistake ? $"{when}: {mistake}" : null);
                break;
            }
        }

        Console.WriteLine($"{"",-14}{"renames",9}{"killed at a rename",20}{"at a moment",13}{"same bytes, nothing left",26}");
        foreach (var (scenario, tally) in scenarios.Zip(tallies))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{scenario.Name,-14}{scenario.Renames,9}{tally.Exact,20}{tally.Random,13}{tally.Good,26}"));
        foreach (var scenario in scenarios.Where(s => s.Ranks > 1))
            Console.WriteLine($"{scenario.Name}: {scenario.InTheMiddle} went on from a checkpoint, the others from the start");
        foreach (var (scenario, tally) in scenarios.Zip(tallies))
            foreach (var mistake in tally.Mistakes)
                Console.WriteLine($"{scenario.Name}, {mistake}");
        var good = tallies.Sum(t => t.Good);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{kills} kills (seed {seed}), {good} resumed bit by bit with nothing left behind, {kills - good} not"));
        return good == kills ? 0 : 1;
    }

    private static int Usage()
    {
        Console.Error.WriteLine("usage: tests/kills [--kills N] [--seed N] [--only NAME]");
        return 2;
    }

    private sealed class Tally
    {
        public int Exact { get; private set; }

        public int Random { get; private set; }

        public int Good => Exact + Random - Mistakes.Count;

        public List<string> Mistakes { get; } = [];

        public void Add(bool isExact, string? mistake)
        {
            (Exact, Random) = isExact ? (Exact + 1, Random) : (Exact, Random + 1);
            if (mistake is not null)
                Mistakes.Add(mistake);
        }
    }
}
