namespace Consort.Distributed.Planning;

/// <summary>The tokens that rows are made of.</summary>
internal interface ITokens
{
    /// <summary>How many there are of all fields together.</summary>
    double Count { get; }

    /// <summary>How many different ones are expected among so many rows.</summary>
    double Distinct(double rows);
}

/// <summary>Fields that are all alike, by Zipf's law.</summary>
/// <param name="Fields">How many.</param>
/// <param name="Count">Tokens of all of them together.</param>
/// <param name="Exponent">How unequal their frequencies are.</param>
internal sealed record EqualFields(int Fields, double Count, double Exponent) : ITokens
{
    private readonly Vocabulary _vocabulary = new(Math.Max(1, Count / Fields), Exponent);

    /// <inheritdoc/>
    public double Distinct(double rows) => Fields * _vocabulary.Distinct(rows);
}
