using System.Diagnostics;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.RegularExpressions;

namespace Consort.Fuzz;

/// <summary>Tries inputs on one target until their number or the time is reached.</summary>
internal sealed partial class FuzzLoop(FuzzTarget target, FuzzOptions options, string folder, string corpusFolder, string findingsFolder)
{
    private const int MostInCorpus = 2000, MostAccepted = 500;
    private const string Accepted = "accepted";
    private readonly List<byte[]> _corpus = [], _taken = [];
    private readonly HashSet<string> _answers = [];
    private readonly Findings _findings = new(findingsFolder, target.Name);
    private long _refused, _accepted;

    /// <summary>Where the input that is being tried lies, for whoever sees the process die.</summary>
    public static string Current(string folder) => Path.Combine(folder, "current");

    /// <summary>Tries inputs, and prints the closing line.</summary>
    /// <param name="inputs">How many; null for as long as the time lasts.</param>
    /// <returns>How many findings.</returns>
    public int Run(long? inputs)
    {
        target.Prepare(Directory.CreateDirectory(Path.Combine(folder, "work")).FullName);
        string[] files = Directory.Exists(corpusFolder) ? [.. Directory.EnumerateFiles(corpusFolder).Order(StringComparer.Ordinal)] : [];
        _corpus.AddRange(files.Select(File.ReadAllBytes));
        _corpus.AddRange(target.Seeds());
        if (_corpus.Count == 0)
            throw new InvalidOperationException($"{corpusFolder}: found no input to begin with");
        using var watchdog = new Watchdog(Die);
        var clock = Stopwatch.StartNew();
        long count = 0;
        // Each input to begin with is tried as it is, so that what was found once stays mended.
        for (; count < _corpus.Count && count < (inputs ?? long.MaxValue) && _corpus.Count < MostInCorpus; count++)
            Try(watchdog, _corpus[(int)count], isNew: false);
        for (; inputs is { } most ? count < most : clock.Elapsed.TotalSeconds < options.Seconds; count++)
        {
            // The input depends on the seed, its number and the answers so far, never on time.
            var random = new Random(Seed(count));
            // Half of them are changes of what was accepted: most changes end in a refusal, from which little follows.
            var from = _taken.Count > 0 && random.Next(2) == 0 ? _taken : _corpus;
            Try(watchdog, new Mutator(random, target.Words).Mutate(from[random.Next(from.Count)], _corpus), isNew: true);
        }

        var rate = count / clock.Elapsed.TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{target.Name}: {count} inputs, {_refused} refused, {_accepted} accepted, {_findings.Count} findings, {rate:F0} inputs/s"));
        return _findings.Count;

        void Die(int code, string what)
        {
            Console.WriteLine($"finding: {target.Name}: {what}\n  again: tests/fuzz --target {target.Name} --file {_findings.Write(File.ReadAllBytes(Current(folder)), what)}");
            Console.Out.Flush();
            Environment.Exit(code);
        }
    }

    /// <summary>Tries one input and says what came of it.</summary>
    public int Again(byte[] input)
    {
        target.Prepare(Directory.CreateDirectory(Path.Combine(folder, "work")).FullName);
        var (isFinding, answer, details) = Judge(input);
        Console.WriteLine(isFinding ? $"finding: {details}" : details ?? answer);
        return isFinding ? 1 : 0;
    }

    private void Try(Watchdog watchdog, byte[] input, bool isNew)
    {
        File.WriteAllBytes(Current(folder), input);
        watchdog.Begin();
        var (isFinding, answer, details) = Judge(input);
        watchdog.End();
        if (answer == Accepted && _taken.Count < MostAccepted && (!isNew || (_accepted & 7) == 0))
            _taken.Add(input);
        if (isFinding)
            _findings.Add(input, answer, details!);
        if (!_answers.Add(answer) || !isNew || _corpus.Count >= MostInCorpus)
            return;
        // Answered as none before: worth going on from.
        _corpus.Add(input);
        if (options.Grow && !isFinding)
            File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(corpusFolder).FullName,
                Convert.ToHexStringLower(XxHash3.Hash(input))), input);
    }

    private (bool IsFinding, string Answer, string? Details) Judge(byte[] input)
    {
        try
        {
            if (target.Try(input))
            {
                _accepted++;
                return (false, Accepted, null);
            }

            _refused++;
            return (false, "refused", null);
        }
        catch (ConsortException e) when (e.Message.Length > 0)
        {
            _refused++;
            return (false, Shape(e.Message), e.Message);
        }
        catch (RefusedException e)
        {
            _refused++;
            return (false, Shape(e.Message), e.Message);
        }
        catch (FindingException e)
        {
            return (true, "wrong: " + Shape(e.Message), e.Message);
        }
        catch (Exception e)
        {
            var frame = e.ToString().Split('\n').FirstOrDefault(l => l.Contains("Consort.", StringComparison.Ordinal)
                && !l.Contains("Consort.Fuzz", StringComparison.Ordinal));
            return (true, $"{e.GetType().Name} {frame}", e.ToString());
        }
    }

    private int Seed(long number) =>
        (int)XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{options.Seed} {target.Name} {number}")));

    // A message without what it quotes: two inputs with one shape went the same way.
    private static string Shape(string message) => Quoted().Replace(message.Split('\n')[0], "_");

    [GeneratedRegex("\"[^\"]*\"|[^ ]*/[^ ]*|[0-9a-f]{16,}|-?[0-9][0-9.,e+-]*|(?<=column |key |field |token )[^ ]+")]
    private static partial Regex Quoted();
}

/// <summary>A refusal over a wire, where no exception comes back.</summary>
internal sealed class RefusedException(string message) : Exception(message);
