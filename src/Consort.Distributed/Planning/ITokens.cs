namespace Consort.Distributed.Planning;

/// <summary>The tokens that rows are made of.</summary>
internal interface ITokens
{
    /// <summary>How many there are of all fields together.</summary>
    double Count { get; }

    /// <summary>How many different ones are expected among so many rows.</summary>
    double Distinct(double rows);
}

/// <summary>Vocabularies that are all alike, by Zipf's law.</summary>
/// <param name="Ids">The ids that a row has of each.</param>
/// <param name="Count">Tokens of all of them together.</param>
/// <param name="Exponent">How unequal their frequencies are.</param>
internal sealed record EqualFields(IReadOnlyList<double> Ids, double Count, double Exponent) : ITokens
{
    private readonly Vocabulary _vocabulary = new(Math.Max(1, Count / Ids.Count), Exponent);

    /// <summary>Fields of one token a row.</summary>
    public EqualFields(int fields, double count, double exponent) : this([.. Enumerable.Repeat(1.0, fields)], count, exponent)
    {
    }

    /// <inheritdoc/>
    public double Distinct(double rows) => Ids.GroupBy(ids => ids).Sum(g => g.Count() * _vocabulary.Distinct(g.Key * rows));
}
