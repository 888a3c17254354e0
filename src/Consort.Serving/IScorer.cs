namespace Consort.Serving;

/// <summary>Scores rows of a type of the caller's; <see cref="RowScorer{T}"/> says which types. Safe for many threads at once.</summary>
/// <typeparam name="T">The type of rows.</typeparam>
public interface IScorer<T>
{
    /// <summary>Scores a row.</summary>
    /// <returns>The probability of a click.</returns>
    /// <exception cref="ConsortException">A value is not what its field expects.</exception>
    float Score(T row);

    /// <summary>Scores rows, all by one package.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="probabilities">Gets the probability of a click of each.</param>
    /// <exception cref="ConsortException">A value is not what its field expects; no row is answered.</exception>
    /// <exception cref="ArgumentException">There is too little room.</exception>
    void Score(ReadOnlySpan<T> rows, Span<float> probabilities);
}
