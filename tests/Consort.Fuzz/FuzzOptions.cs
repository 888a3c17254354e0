using System.Globalization;

namespace Consort.Fuzz;

/// <summary>What the command line asked for.</summary>
internal sealed record FuzzOptions
{
    public const string Help = """
        tests/fuzz [--target NAME]... [--seed N] [--inputs N | --seconds N] [--jobs N] [--findings FOLDER] [--grow] [--file INPUT] [--list]
          --target    a surface, or all; --list names them
          --seed      the same seed gives the same inputs (1)
          --inputs    inputs over all chosen targets together
          --seconds   time for each target, where no number of inputs is given (10)
          --jobs      targets at a time (1)
          --findings  where inputs that found something go (artifacts/fuzz)
          --grow      keeps inputs that were answered in a new way in tests/Consort.Fuzz/Corpus
          --file      tries this input alone and says what came of it; with one --target
        """;

    public IReadOnlyList<string> Targets { get; init; } = [];

    public int Seed { get; init; } = 1;

    public long? Inputs { get; init; }

    public double Seconds { get; init; } = 10;

    public int Jobs { get; init; } = 1;

    public string? Findings { get; init; }

    public bool Grow { get; init; }

    public string? File { get; init; }

    public bool IsList { get; init; }

    /// <summary>Whether this process is the one that tries; else it starts one for each target, which may die.</summary>
    public bool IsInside { get; init; }

    /// <exception cref="ArgumentException">A word that is none of these.</exception>
    public static FuzzOptions Parse(string[] words)
    {
        var options = new FuzzOptions();
        var i = 0;
        for (; i < words.Length; i++)
            options = words[i] switch
            {
                "--target" => options with { Targets = [.. options.Targets, Next()] },
                "--seed" => options with { Seed = int.Parse(Next(), CultureInfo.InvariantCulture) },
                "--inputs" => options with { Inputs = long.Parse(Next(), CultureInfo.InvariantCulture) },
                "--seconds" => options with { Seconds = double.Parse(Next(), CultureInfo.InvariantCulture) },
                "--jobs" => options with { Jobs = Math.Max(1, int.Parse(Next(), CultureInfo.InvariantCulture)) },
                "--findings" => options with { Findings = Next() },
                "--file" => options with { File = Next() },
                "--grow" => options with { Grow = true },
                "--list" => options with { IsList = true },
                "--help" => throw new ArgumentException(Help),
                "--inside" => options with { IsInside = true },
                var word => throw new ArgumentException($"found {word}, expected one of:\n{Help}"),
            };
        return options;

        string Next() => ++i < words.Length ? words[i] : throw new ArgumentException($"found nothing behind {words[^1]}");
    }
}
