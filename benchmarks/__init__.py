"""Speed of the model beside a plain Mesa object model that applies the same equations."""
