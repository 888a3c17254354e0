using System.CommandLine;
using Consort.Foundation.Options;

namespace Consort.Cli.Commands;

/// <summary>
/// The options of a set as a command's: <c>auc_margin</c> is <c>--auc-margin</c>; range, default and sentence are the set's.
/// </summary>
/// <param name="set">The declaration.</param>
internal sealed class DeclaredOptions<T>(OptionSet<T> set)
{
    private readonly (OptionFacts Facts, Option Option)[] _options = [.. set.Facts.Select(f => (f, Of(f)))];

    /// <summary>Them all, in the order of the set.</summary>
    public IEnumerable<Option> All => _options.Select(o => o.Option);

    /// <summary>The keys that were given.</summary>
    public IReadOnlyCollection<string> Given(ParseResult arguments) =>
        [.. _options.Where(o => arguments.GetResult(o.Option) is { Implicit: false }).Select(o => o.Facts.Key)];

    /// <summary>What was given, and the defaults of the rest.</summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public T Read(ParseResult arguments)
    {
        var given = new List<(string Key, OptionTree Value)>();
        foreach (var (facts, option) in _options.Where(o => arguments.GetResult(o.Option) is { Implicit: false }))
        {
            OptionTree value = option is Option<bool> flag ? arguments.GetValue(flag) : arguments.GetValue((Option<string?>)option)!;
            var map = OptionMap.Of(OptionTree.Keys((facts.Key, value)));
            try
            {
                set.Read(map);
            }
            catch (ConsortException mistake)
            {
                // The map says where in a file it stands; here that is the option's name.
                throw new ConsortException($"{option.Name}: {mistake.Message[(map.Where(facts.Key).Length + 2)..]}", mistake);
            }

            given.Add((facts.Key, value));
        }

        return set.ReadAll(OptionMap.Of(OptionTree.Keys(given)));
    }

    private static Option Of(OptionFacts facts)
    {
        var name = $"--{facts.Key.Replace('_', '-')}";
        var sentence = char.ToUpperInvariant(facts.Meaning[0]) + facts.Meaning[1..];
        if (facts.Kind == OptionKind.Flag)
            return Shared.Flag(name, sentence + ".");
        var fallback = facts.Default == "-" ? "" : $" [default: {facts.Default}]"; // as other options have it
        return facts.Kind == OptionKind.Word
            ? Shared.Text(name, facts.Range.Replace(", ", "|", StringComparison.Ordinal), $"{sentence}.{fallback}")
            : Shared.Text(name, "N", $"{sentence}; {facts.Range}.{fallback}");
    }
}
