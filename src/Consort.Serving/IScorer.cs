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

    /// <summary>
    /// Scores many items for one context, all by one package: the context, a user's history above all, is encoded once, and what a model
    /// makes of it alone is computed once.
    /// </summary>
    /// <typeparam name="TItem">The type of items; its properties are the fields that differ between them.</typeparam>
    /// <param name="context">What all items have in common; what it gives of the items' fields does not count.</param>
    /// <param name="items">The items.</param>
    /// <param name="probabilities">Gets the probability of a click of each.</param>
    /// <exception cref="ConsortException">A value is not what its field expects, or an item's logit is not finite: <see
    /// cref="ConsortException.Row"/> then says which. No item is answered.</exception>
    /// <exception cref="ArgumentException">There is too little room.</exception>
    /// <exception cref="NotSupportedException">It was written before there was this, and scores rows alone.</exception>
    void ScoreCandidates<TItem>(T context, ReadOnlySpan<TItem> items, Span<float> probabilities) =>
        throw new NotSupportedException($"{GetType().Name} scores rows, and no items of one context");
}
