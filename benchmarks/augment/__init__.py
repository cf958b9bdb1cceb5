"""What more rows of a rare class do to classifiers, beside class weights, copies and SMOTE."""
